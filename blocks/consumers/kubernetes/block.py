"""The block by which rekey reaches a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, SecretStr, field_validator

from blocks.consumers.kubernetes.client import KubernetesClient
from blocks.vendor_block import VendorBlock
from blocks.wire.bounded_network import tls_with
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class Kubernetes(VendorBlock):
    """The API server of a cluster, and the service account as which rekey asks it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "others.kubernetes"}
    # Brakes are deployments there.
    outlives_prefect: ClassVar[bool] = True

    _block_type_name = "Kubernetes"
    _block_type_slug = "kubernetes"
    _logo_url = HttpUrl("https://github.com/kubernetes.png")
    _documentation_url = HttpUrl("https://kubernetes.io/docs/reference/kubernetes-api/")
    _description = "Writes secrets, and rolls out or scales the deployments that read them. Used by rekey."

    url: str = Field(title="API server", description="https, such as https://10.0.0.1:6443; http on a loopback only.")
    token: SecretStr = Field(
        title="Token",
        description="Of a service account whose role lets it get and patch the secrets and deployments of the catalog "
        "(for a brake also list pods).",
    )
    certificates: str = Field(
        default="",
        title="Certificate authority",
        description="The cluster's own, as PEM (certificate-authority-data of a kubeconfig, decoded). Nothing in it is "
        "secret. Empty where a public authority signed the API server's certificate.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    @field_validator("certificates")
    @classmethod
    def _are_certificates(cls, certificates: str) -> str:
        """What is given can be read as certificates."""
        tls_with(certificates)
        return certificates

    def get_client(self) -> KubernetesClient:
        """A client; close it, or use it as a context manager."""
        return KubernetesClient(
            self.url, self.token, certificates=self.certificates, read_timeout_s=self.read_timeout_s
        )

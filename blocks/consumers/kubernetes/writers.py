"""Who else writes an object of a cluster: what makes it from a source of its own, where nobody knows of a rotation.

Only what the object shows (read 2026-11-29):
- Flux's Kustomization labels what it applies, and puts each field of its source back at every reconciliation, unless
  ``kustomize.toolkit.fluxcd.io/ssa`` says otherwise (its specification, "Controlling the apply behavior of resources").
  That the source has the field, managed fields show: it applies as ``kustomize-controller`` (its source).
- The controller of a SealedSecret writes its Secret as a whole (bitnami-labs/sealed-secrets#821).
- Argo CD names its application in ``argocd.argoproj.io/tracking-id``, which counts on the object that it names
  ("Resource tracking"); whether it heals by itself, and what it ignores, the application says alone. So with Flux's
  HelmRelease, and with an ExternalSecret, which may read the very vault ("Lifecycle": with Merge and Orphan it owns
  nothing, and leaves the annotation of its hash).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from blocks.consumers.kubernetes.heads import Head
from blocks.errors import StepError
from blocks.writers import Writers

_FLUX, _HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
_FLUX_APPLIES_AS = "kustomize-controller"
_LEAVES_IT = {"ifnotpresent", "ignore"}
_TRACKED = "argocd.argoproj.io/tracking-id"
_SEALED, _SEALED_MARK = "SealedSecret", "sealedsecrets.bitnami.com/managed"
_EXTERNAL, _EXTERNAL_MARK = "ExternalSecret", "reconcile.external-secrets.io/data-hash"


def of_secret(head: Head, keys: Collection[str]) -> Writers:
    """Of a Secret, in which rekey writes these keys."""
    place = f"secret {head.name}"
    certain = [*_sealed(head, place), *_flux(head, place, [("data", one) for one in sorted(keys)])]
    possible = [*_owned(head, place), *_external(head, place), *_from_git(head, place, "/Secret:", "its values")]
    return Writers(tuple(certain), tuple(possible))


def of_scale(head: Head) -> Writers:
    """Of a Deployment, of which rekey writes the number of pods."""
    place = f"deployment {head.name}"
    certain = _flux(head, place, [("spec", "replicas")])
    return Writers(tuple(certain), tuple(_from_git(head, place, "apps/Deployment:", "replicas")))


def _flux(head: Head, place: str, fields: list[tuple[str, ...]]) -> Iterator[StepError]:
    name = head.labels.get(f"{_FLUX}/name")
    applied = [one[-1] for one in fields if head.applied_by(_FLUX_APPLIES_AS, one)]
    is_left = head.says(f"{_FLUX}/ssa").lower() in _LEAVES_IT or head.says(f"{_FLUX}/reconcile").lower() == "disabled"
    if name and applied and not is_left:
        yield StepError(
            f"Somebody else writes there: {place} is applied by Flux's Kustomization "
            f"{head.labels.get(f'{_FLUX}/namespace', '')}/{name}, whose source has {' and '.join(applied)}. It puts "
            "back what rekey writes.",
            f"Take {' and '.join(applied)} out of that source, or annotate the object there with {_FLUX}/ssa: "
            "IfNotPresent, which Flux only creates.",
        )


def _sealed(head: Head, place: str) -> Iterator[StepError]:
    if (head.owner or ("", ""))[0] == _SEALED or head.says(_SEALED_MARK).lower() == "true":
        name = head.owner[1] if head.owner else head.name.partition("/")[2]
        yield StepError(
            f"Somebody else writes there: {place} is made from SealedSecret {name}, whose controller writes what is "
            "sealed in it over what rekey writes.",
            f"Take the pair out of that SealedSecret, into a secret of its own that nothing makes, and name that one "
            f"in the catalog. rekey seals nothing for SealedSecret {name}.",
        )


def _owned(head: Head, place: str) -> Iterator[str]:
    if head.owner and head.owner[0] != _SEALED:
        yield (
            f"{place} belongs to {' '.join(head.owner)}, which writes it, too: look whether that reads the "
            "credential's place in the vault. If it reads another place, it would put the dead pair back."
        )


def _external(head: Head, place: str) -> Iterator[str]:
    if head.says(_EXTERNAL_MARK) and (head.owner or ("", ""))[0] != _EXTERNAL:
        yield (
            f"{place} is written by an {_EXTERNAL}, too ({_EXTERNAL_MARK}): look whether that reads the credential's "
            "place in the vault. If it reads another place, it would put the dead pair back."
        )


def _from_git(head: Head, place: str, kind: str, what: str) -> Iterator[str]:
    """What puts back only what its source has and does not ignore, which the object does not show."""
    application, _, of = head.says(_TRACKED).partition(":")
    if application and of == f"{kind}{head.name}":
        yield (
            f"{place} is of Argo CD's application {application}: if its source has {what}, take them out of it, or "
            "name them in ignoreDifferences with RespectIgnoreDifferences=true. Otherwise it puts back what rekey "
            "writes."
        )
    release = head.labels.get(f"{_HELM}/name")
    if release:
        yield (
            f"{place} is of Flux's HelmRelease {head.labels.get(f'{_HELM}/namespace', '')}/{release}: if its chart "
            f"sets {what}, take them out of it. Otherwise the next upgrade, or its drift detection, puts back what "
            "rekey writes."
        )

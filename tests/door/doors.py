"""What tests of Prefect's door share."""

from __future__ import annotations

# A server as Prefect starts it by itself.
OPEN = {
    "PREFECT_SERVER_API_AUTH_STRING": "",
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "false",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "*",
}

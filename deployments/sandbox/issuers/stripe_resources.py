"""Which paths Stripe has below /v1: those of its own Python library (stripe 16.1), as far as a first request goes."""

from __future__ import annotations

from dataclasses import dataclass

# What one asks for without an id, and gets one object.
SINGLE = {"balance": ("read",), "balance_settings": ("read", "write"), "tax/settings": ("read", "write")}
SEARCHED = frozenset({"charges", "customers", "invoices", "payment_intents", "prices", "products", "subscriptions"})
_LISTED = """
accounts apple_pay/domains application_fees apps/secrets balance_transactions billing/alerts
billing/credit_balance_transactions billing/credit_grants billing/meters billing_portal/configurations charges
checkout/sessions climate/orders climate/products climate/suppliers country_specs coupons credit_notes customers
disputes entitlements/active_entitlements entitlements/features events exchange_rates file_links files
financial_connections/accounts financial_connections/transactions forwarding/requests identity/verification_reports
identity/verification_sessions invoice_payments invoice_rendering_templates invoiceitems invoices issuing/authorizations
issuing/cardholders issuing/cards issuing/disputes issuing/personalization_designs issuing/physical_bundles
issuing/tokens issuing/transactions payment_intents payment_links payment_method_configurations payment_method_domains
payment_methods payouts plans prices products promotion_codes quotes radar/early_fraud_warnings radar/value_list_items
radar/value_lists refunds reporting/report_runs reporting/report_types reviews setup_attempts setup_intents
shipping_rates sigma/scheduled_query_runs subscription_items subscription_schedules subscriptions tax/registrations
tax_codes tax_ids tax_rates terminal/configurations terminal/locations terminal/readers test_helpers/test_clocks topups
transfers treasury/credit_reversals treasury/debit_reversals treasury/financial_accounts treasury/inbound_transfers
treasury/outbound_payments treasury/outbound_transfers treasury/received_credits treasury/received_debits
treasury/transaction_entries treasury/transactions webhook_endpoints
"""
LISTED = frozenset(_LISTED.split())
# What is only made, and never listed.
_MADE = """
account_links account_sessions billing/meter_events billing_portal/sessions customer_sessions ephemeral_keys
financial_connections/sessions sources tax/calculations terminal/connection_tokens tokens
"""
MADE = frozenset(_MADE.split())
_METHODS = {"GET": "read", "HEAD": "read", "POST": "write", "DELETE": "write"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A path, read: a resource, and the id of one of its objects where one is named."""

    resource: str
    one: str | None
    right: str

    @property
    def called(self) -> str:
        """What one of these is called."""
        return self.resource.rpartition("/")[2].removesuffix("s")

    @property
    def permission(self) -> str:
        """By public errors (rak_charge_read, rak_checkout_session_write); of most resources inferred."""
        return f"rak_{self.resource.replace('/', '_').removesuffix('s')}_{self.right}"


# The account of the key itself: its permission by public errors is rak_accounts_kyc_basic_read.
OWN_ACCOUNT = Wanted("accounts_kyc_basic", None, "read")


def wanted(method: str, path: str) -> Wanted | None:
    """What this path below /v1 names; None where Stripe has no such path, or not with this method."""
    right, parts = _METHODS.get(method), path.split("/")
    if right is None or not all(parts):
        return None
    rights = SINGLE.get(path) or (("write",) if path in MADE else ())
    if rights:
        return Wanted(path, None, right) if right in rights and method != "DELETE" else None
    for length in (2, 1):
        resource, rest = "/".join(parts[:length]), parts[length:]
        if resource in LISTED:
            return None if method == "DELETE" and not rest else Wanted(resource, rest[0] if rest else None, right)
    return None

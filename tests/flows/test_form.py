"""The form, for credentials of every kind."""

from custom_components.energy_clouds.credential_form import credential_schema, first_field
from custom_components.energy_clouds.vendors.base import CredentialField, FieldKind
from custom_components.energy_clouds.vendors.enpact import Enpact


async def test_every_kind_of_credential_has_its_field() -> None:
    class Elsewhere(Enpact):
        credential_fields = (
            CredentialField(key="url", kind=FieldKind.ADDRESS, default="https://example.org"),
            CredentialField(key="username", kind=FieldKind.USERNAME),
            CredentialField(key="password", kind=FieldKind.SECRET),
            CredentialField(key="verify_ssl", kind=FieldKind.SWITCH, default=True),
        )

    schema = credential_schema(Elsewhere, {"username": "me", "password": "secret"}).schema
    described = {str(marker): marker.description for marker in schema}
    assert described == {
        "url": {"suggested_value": "https://example.org"},
        "username": {"suggested_value": "me"},
        "password": None,
        "verify_ssl": {"suggested_value": True},
    }
    assert first_field(Elsewhere, FieldKind.ADDRESS) == "url"

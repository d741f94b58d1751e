"""A new PII_KEY: numbers are found and read under it, and no longer need the old one."""

import pytest
from cryptography.fernet import InvalidToken
from django.core.management import call_command

from accounts.crypto import decrypt, keyed_hash
from accounts.models import User
from tests.makers import make_resident

PHONE = "+8610055550001"


@pytest.mark.django_db
def test_rekey_moves_every_number_to_the_new_key(settings, capsys) -> None:
    person = make_resident(phone=PHONE)
    before = person.phone_hash
    settings.PII_OLD_KEYS = [settings.PII_KEY]
    settings.PII_KEY = "a-new-key-of-the-city"
    call_command("rekey")
    call_command("rekey")
    person.refresh_from_db()
    assert person.phone_hash != before
    settings.PII_OLD_KEYS = []
    found = User.objects.get(phone_hash=keyed_hash(PHONE, purpose="phone"))
    assert found.phone == PHONE
    assert "1 phone numbers" in capsys.readouterr().out


@pytest.mark.django_db
def test_without_the_old_key_nothing_is_read_and_nothing_changed(settings) -> None:
    person = make_resident(phone=PHONE)
    settings.PII_KEY = "a-new-key-of-the-city"
    with pytest.raises(InvalidToken):
        call_command("rekey")
    person.refresh_from_db()
    settings.PII_KEY, settings.PII_OLD_KEYS = "a-new-key-of-the-city", []
    with pytest.raises(InvalidToken):
        decrypt(person.phone_cipher)

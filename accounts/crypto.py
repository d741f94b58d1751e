"""Personal data at rest: found by a keyed hash, read back only by whoever holds the key.

Keys come from `PII_KEY` (current) and `PII_OLD_KEYS` (still read, never written).
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet_key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"encrypt:" + secret.encode()).digest())


@lru_cache(maxsize=4)
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(secret)) for secret in secrets])


def _box() -> MultiFernet:
    return _fernet((settings.PII_KEY, *settings.PII_OLD_KEYS))


def encrypt(text: str) -> bytes:
    """Encrypt a short text with the current key."""
    return _box().encrypt(text.encode())


def decrypt(cipher: bytes | memoryview) -> str:
    """Read back what `encrypt` wrote, under the current or an old key."""
    return _box().decrypt(bytes(cipher)).decode()


def keyed_hash(text: str, *, purpose: str) -> str:
    """64 hex digits by which equal texts are found without storing them.

    The key is derived from PII_KEY and the purpose, so that hashes of different purposes
    cannot be joined. Changing PII_KEY needs `manage.py rekey` (docs/operations.md, keys).
    """
    key = hashlib.sha256(f"hash:{purpose}:{settings.PII_KEY}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

"""What may go wrong with keys and ciphertext. None of these ever carries key material, plaintext or ciphertext."""

from accounts.errors import DomainError, IntegrityBroken, KeyUnavailable

__all__ = ["IntegrityBroken", "KeyDestroyed", "KeyUnavailable"]


class KeyDestroyed(DomainError):
    """The key was destroyed on purpose (a patient was erased): what it protected can never be read again."""

    code = "key_destroyed"
    status = 410
    message = "This record was erased. Its key was destroyed, so it cannot be read again."

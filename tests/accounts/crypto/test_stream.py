"""Whole objects: what was written comes back, and nothing else is ever accepted (SECURITY.md C1)."""

import hashlib
import io
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.crypto.stream import CHUNK_BYTES, HEADER_BYTES, StreamEncryptor, decrypt_chunks, object_context
from accounts.errors import IntegrityBroken

KEY, CONTEXT, SALT = bytes(range(32)), b"a context", bytes(range(24))
SEALED_CHUNK = CHUNK_BYTES + 16
LENGTHS = sorted({max(0, n * CHUNK_BYTES + d) for n in range(4) for d in (-1, 0, 1)})


def sealed(plaintext: bytes, *, key: bytes = KEY, context: bytes = CONTEXT, step: int = 10_007) -> bytes:
    encryptor = StreamEncryptor(key, context)
    parts = [encryptor.update(plaintext[start : start + step]) for start in range(0, len(plaintext), step)]
    return b"".join([encryptor.header, *parts, encryptor.finish()])


def opened(ciphertext: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    return b"".join(decrypt_chunks(io.BytesIO(ciphertext), key, context))


def content(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


@pytest.mark.parametrize("size", LENGTHS)
def test_every_length_around_a_chunk_border_comes_back(size: int) -> None:
    ciphertext = sealed(content(size))
    assert opened(ciphertext) == content(size)
    assert len(ciphertext) == HEADER_BYTES + size + 16 * (size // CHUNK_BYTES + 1)


@given(st.integers(0, 3 * CHUNK_BYTES + 1), st.integers(1, 2 * CHUNK_BYTES))
@settings(max_examples=40, deadline=None)
def test_the_steps_in_which_bytes_arrive_do_not_matter(size: int, step: int) -> None:
    assert opened(sealed(content(size), step=step)) == content(size)


@given(st.sampled_from(LENGTHS), st.data())
@settings(max_examples=80, deadline=None)
def test_no_truncation_is_accepted(size: int, data: st.DataObject) -> None:
    ciphertext = sealed(content(size))
    kept = data.draw(st.integers(0, len(ciphertext) - 1))
    with pytest.raises(IntegrityBroken):
        opened(ciphertext[:kept])


@pytest.mark.parametrize("size", LENGTHS)
def test_no_truncation_at_a_chunk_border_is_accepted(size: int) -> None:
    ciphertext = sealed(content(size))
    for kept in range(HEADER_BYTES, len(ciphertext), SEALED_CHUNK):
        with pytest.raises(IntegrityBroken):
            opened(ciphertext[:kept])


@given(st.sampled_from(LENGTHS), st.data())
@settings(max_examples=80, deadline=None)
def test_no_flipped_bit_is_accepted(size: int, data: st.DataObject) -> None:
    ciphertext = bytearray(sealed(content(size)))
    ciphertext[data.draw(st.integers(0, len(ciphertext) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(IntegrityBroken):
        opened(bytes(ciphertext))


@pytest.mark.parametrize("chunks", [63, 64, 65, 128])
def test_the_borders_of_what_is_read_at_once_do_not_matter(chunks: int) -> None:
    plaintext = content(chunks * CHUNK_BYTES)
    ciphertext = sealed(plaintext, step=1 << 20)
    assert opened(ciphertext) == plaintext
    with pytest.raises(IntegrityBroken):
        opened(ciphertext[:-16])


def chunks_of(ciphertext: bytes) -> tuple[bytes, list[bytes]]:
    body = ciphertext[HEADER_BYTES:]
    return ciphertext[:HEADER_BYTES], [body[i : i + SEALED_CHUNK] for i in range(0, len(body), SEALED_CHUNK)]


@pytest.mark.parametrize(
    "order", [[1, 0, 2, 3], [0, 2, 1, 3], [0, 0, 1, 2, 3], [1, 2, 3], [0, 1, 3], [0, 1, 2, 3, 3], [0, 1, 2, 3, 0]]
)
def test_no_swapped_repeated_dropped_or_added_chunk_is_accepted(order: list[int]) -> None:
    header, chunks = chunks_of(sealed(content(3 * CHUNK_BYTES + 5)))
    with pytest.raises(IntegrityBroken):
        opened(header + b"".join(chunks[i] for i in order))


@given(st.binary(min_size=1, max_size=64))
@settings(max_examples=25, deadline=None)
def test_no_extension_is_accepted(tail: bytes) -> None:
    with pytest.raises(IntegrityBroken):
        opened(sealed(content(CHUNK_BYTES)) + tail)


@given(st.binary(min_size=32, max_size=32).filter(lambda key: key != KEY), st.binary().filter(lambda c: c != CONTEXT))
@settings(max_examples=25, deadline=None)
def test_neither_another_key_nor_another_context_opens_it(key: bytes, context: bytes) -> None:
    ciphertext = sealed(content(100))
    with pytest.raises(IntegrityBroken):
        opened(ciphertext, key=key)
    with pytest.raises(IntegrityBroken):
        opened(ciphertext, context=context)


def test_a_damaged_later_chunk_gives_out_only_what_was_verified() -> None:
    ciphertext = bytearray(sealed(content(2 * CHUNK_BYTES)))
    ciphertext[HEADER_BYTES + SEALED_CHUNK + 3] ^= 1
    given_out = []
    with pytest.raises(IntegrityBroken):
        given_out.extend(decrypt_chunks(io.BytesIO(bytes(ciphertext)), KEY, CONTEXT))
    assert given_out == [content(CHUNK_BYTES)]


def test_the_bytes_are_those_of_c2sp_chunked_encryption() -> None:
    """A second implementation, straight from the text of c2sp.org/chunked-encryption."""
    plaintext = content(CHUNK_BYTES + 3)
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + SALT + CONTEXT
    derived = HKDFExpand(algorithm=SHA512(), length=76, info=info).derive(KEY)
    key, nonce, commitment = derived[:32], derived[32:44], derived[44:]
    second = nonce[:-1] + bytes([nonce[-1] ^ 1])
    expected = SALT + commitment + AESGCM(key).encrypt(nonce, plaintext[:CHUNK_BYTES], None)
    expected += AESGCM(key).encrypt(second, plaintext[CHUNK_BYTES:], None)
    encryptor = StreamEncryptor(KEY, CONTEXT, salt=SALT)
    assert encryptor.header + encryptor.update(plaintext) + encryptor.finish() == expected


def test_two_encryptions_of_the_same_bytes_share_nothing() -> None:
    one, two = sealed(content(50)), sealed(content(50))
    assert one[:24] != two[:24] and one[24:56] != two[24:56] and one[56:] != two[56:]


def test_contexts_of_different_objects_never_collide() -> None:
    organisation, thing = UUID(int=1), UUID(int=2)
    contexts = {
        object_context(organisation_id=organisation, object_id=thing, kind="original"),
        object_context(organisation_id=thing, object_id=organisation, kind="original"),
        object_context(organisation_id=organisation, object_id=thing, kind="heatmap"),
        object_context(organisation_id=organisation, object_id=UUID(int=3), kind="original"),
    }
    assert len(contexts) == 4

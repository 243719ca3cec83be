"""Checks of the certificate and the private key, each with a sentence of its own."""

from __future__ import annotations

import errno
import os
import ssl

from ..errors import FileError
from ..notes import Note, note

REASONS = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.EISDIR: "folder",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
}


def check_tls(certificate: str, key: str) -> None:
    """Check that two files are a certificate and its private key.

    Raises:
        FileError: If one cannot be read, is something else or has a password, or they do not belong together.
    """
    for option, path in (("--certificate", certificate), ("--key", key)):
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                file.read(1)
        except OSError as error:
            raise FileError(note("serving.unreadable", option=option, path=path, why=why(error))) from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(certificate)
    except ssl.SSLError:
        raise FileError(note("serving.no_certificate", path=certificate)) from None

    def refuse() -> str:  # asked for the password; without it OpenSSL asks in the terminal
        raise FileError(note("serving.locked_key", path=key))

    try:
        context.load_cert_chain(certificate, key, refuse)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise FileError(note("serving.other_key", certificate=certificate, key=key)) from None
        raise FileError(note("serving.no_key", path=key)) from None


def why(error: OSError | UnicodeDecodeError) -> Note:
    """Return why a file cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return note("serving.why_not_text")
    reason = REASONS.get(error.errno or 0)
    if reason is None:
        return note("serving.why_disk", code=errno.errorcode.get(error.errno or 0, os.strerror(error.errno or 0)))
    return note(f"serving.why_{reason}")

# Reads mails with GMime, as Geary and notmuch do: gmime.py MAIL... writes the content
# of each to MAIL.opened and a JSON object a line; GNUPGHOME has the keys.

import ctypes
import json
import sys

import gi

gi.require_version("GMime", "3.0")
from gi.repository import GMime  # noqa: E402

LIBRARY = ctypes.CDLL("libgmime-3.0.so.0")
VALID_AND_GREEN = 1 | 2  # GMimeSignatureStatus, whose sums the binding of Python refuses


def verified(signatures):
    """Says "signed" when all signatures are good."""
    if signatures is None or signatures.length() == 0:
        return "no signature"
    for i in range(signatures.length()):
        signature = signatures.get_signature(i)
        status = LIBRARY.g_mime_signature_get_status(ctypes.c_void_p(hash(signature)))
        if status != VALID_AND_GREEN:
            return f"signature of status {status}"
    return "signed"


def decrypted(part):
    """Does what g_mime_application_pkcs7_mime_decrypt does, which the binding of Python cannot call."""
    ciphertext = GMime.StreamMem.new()
    part.get_content().write_to_stream(ciphertext)
    ciphertext.reset()
    plaintext = GMime.StreamMem.new()
    GMime.Pkcs7Context.new().decrypt(GMime.DecryptFlags.NONE, "", ciphertext, plaintext)
    plaintext.reset()
    return GMime.Parser.new_with_stream(plaintext).construct_part(None)


def unfold(part, marks):
    """Opens what is signed or encrypted and returns what is in it."""
    if isinstance(part, GMime.MultipartSigned):
        marks.append(verified(part.verify(GMime.VerifyFlags.NONE)))
        return unfold(part.get_part(0), marks)
    if isinstance(part, GMime.ApplicationPkcs7Mime):
        inner = decrypted(part)
        marks.append("encrypted")
        return unfold(inner, marks)
    return part


GMime.init()
CRLF = GMime.FormatOptions.new()
CRLF.set_newline_format(GMime.NewLineFormat.DOS)
for path in sys.argv[1:]:
    marks = []
    try:
        mail = GMime.Parser.new_with_stream(GMime.StreamFile.open(path, "r")).construct_message(None)
        content = unfold(mail.get_mime_part(), marks)
        stream = GMime.StreamMem.new()
        content.write_to_stream(CRLF, stream)
        with open(path + ".opened", "wb") as file:
            file.write(bytes(stream.get_byte_array()))
    except Exception as fault:  # the table says which mail it was
        marks.append("fault " + str(fault))
    print(json.dumps({"file": path, "marks": marks}))

// Package cms reads and writes the Cryptographic Message Syntax (RFC 5652) as
// S/MIME 4.0 uses it (RFC 8551), in constant memory.
//
// Reading: [Parse] looks at the structure of a message, BER or DER, and leaves
// its content where it is. SignedData has a [Verifier], which hashes the content
// as it is written to it, and judges all signatures. EnvelopedData and
// AuthEnvelopedData have Decrypt, which spools the plaintext and gives it out only
// when it is whole: after the MAC of an authenticating cipher, after the padding
// of another. CompressedData has Decompress.
//
// Writing: [Sign] and [Encrypt] write definite-length DER.
//
// The package proves who signed with which key and who can decrypt. It does not
// judge certificates, and knows nothing of mail.
//
// Everything in a message is hostile. Its structure is bounded in size, count and
// depth (see limits.go), work is linear in its length, and an *[Error] says in
// which layer and where it is malformed. Refused, though others let it pass:
//
//   - bytes after the message other than NUL, CR and LF;
//   - a MAC shorter than 12 bytes or of another length than announced;
//   - an authenticating cipher in EnvelopedData, or the other way round;
//   - CBC without an IV of one block;
//   - signed attributes that are empty, lack content-type or message-digest, have
//     one twice, or name another content type than the content's;
//   - content-type, message-digest or signing-time as unsigned attributes;
//   - a signing-certificate attribute that names another certificate;
//   - signed attributes presented as content (the swap attack);
//   - a signer's digest that digestAlgorithms does not announce;
//   - RSA keys with an exponent of 1 or 2, or an even one;
//   - a signature with other RSASSA-PSS parameters than its key is bound to
//     (RFC 4055 §1.2).
package cms

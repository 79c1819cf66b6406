package cms

// This file bounds what a message may cost. Each bound is far above what mail programs send.

const (
	// maxStructure bounds what is held in memory of one message besides its
	// content, in bytes: certificates, RecipientInfos, attributes. 500
	// recipients with RSA-4096 keys need 350 KiB.
	maxStructure = 1 << 20
	// maxSigners bounds the SignerInfos, each of which costs a public key
	// operation. Two signers are rare.
	maxSigners = 16
	// maxCertificates bounds the bag; a chain has 4. One signer may mean all of them,
	// at the cost of a public key operation each (effort.PerMessage).
	maxCertificates = 64
	// maxRecipients bounds the RecipientInfos. Each that names our key costs a
	// private key operation, of which maxUnwraps are spent.
	maxRecipients = 500
	// maxUnwraps bounds the private key operations for one message.
	maxUnwraps = 64
	// maxTrials bounds them for a message that names none of our keys: of 16
	// RecipientInfos and keys that fit together, the right one is tried if it is
	// among the first maxContentKeys.
	maxTrials = 16
	// maxContentKeys bounds how often the content is decrypted for trial.
	maxContentKeys = 4
	// maxAttributes bounds the attributes of one signer or message, each of which is
	// compared with a few names. BouncyCastle signs 4; long chains of time stamps and
	// validation data (RFC 5126) are one each.
	maxAttributes = 1024
	// maxDigests bounds the list of digestAlgorithms.
	maxDigests = 64
	// maxContentDigests bounds the digests that are made of one content. Two signers
	// that need two are rare.
	maxContentDigests = 4
	// maxPureContent bounds the content of an EdDSA signature without signed
	// attributes, in bytes: it must be in memory as one piece.
	maxPureContent = 16 << 20
	// maxRSABits bounds keys, whose operations take time by the cube.
	maxRSABits = 16384
	// maxDSABits does the same; FIPS 186-4 ends at 3072.
	maxDSABits = 3072
	// maxDSAOrder bounds the exponents of DSA; FIPS 186-4 ends at 256.
	maxDSAOrder = 256
)

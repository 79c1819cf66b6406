package gateway

// This file names the causes for leaving a mail closed that could have been opened.

// withheld is why a mail that could have been opened is handed over as it came.
type withheld string

// The reasons; each has a sentence in every language.
const (
	withheldNotices withheld = "notices" // its sender asks for notices that cannot be kept from him
	withheldRule    withheld = "rule"    // [on] wants it refused, which would be an answer
	withheldSize    withheld = "size"    // opened it is larger than what may be delivered
	withheldTime    withheld = "time"    // it takes too long to open
	withheldAltered withheld = "altered" // its content key was first seen with another content
	withheldSender  withheld = "sender"  // an answer could go to whom it could not when it first came
	withheldFull    withheld = "full"    // the store has no room for another content key
	withheldFault   withheld = "fault"   // the gateway cannot open it now
)

// withheldCauses are for the admin; an agent reads the sentences of language.
var withheldCauses = map[withheld]string{
	withheldNotices: "its sender asks for notices of success or delay, which cannot be kept from him here",
	withheldRule:    "[on] wants it refused, which would tell its sender what was decrypted",
	withheldSize:    "opened it is larger than what may be delivered",
	withheldTime:    "it takes too long to open",
	withheldFault:   "a fault of the gateway, which stands in the log",
	withheldAltered: "an earlier mail had another content under the same content-encryption key: one of them was altered",
	withheldSender:  "the same ciphertext came before, and an answer could now go to an address that was not in it",
	withheldFull:    "the store has no room for another content-encryption key",
}

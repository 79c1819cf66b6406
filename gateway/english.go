package gateway

// This file holds every sentence that an agent reads, in English.

import (
	"sealgate/gateway/verdict"
	"sealgate/trust"
)

const (
	askFirst   = "Check with the sender before you act on anything important."
	doubtAll   = "Do not rely on the content, and ask the sender by another way."
	notAProof  = "The message was not changed, but the certificate does not prove who sent it. "
	openAuthor = "Whether the message is really from the sender is not known. "
)

var english = language{
	tag: "en",
	signed: map[situation]wording{
		validSigned: {"Validly signed: the message is from {signer} and was not changed.", ""},
		validNotAsked: {
			"Validly signed: the message is from {signer} and was not changed.",
			"Whether the certificate has been revoked since could not be found out. " +
				"You can still treat the message like any other that is validly signed.",
		},
		expiredCertificate: {
			"Signature no longer valid: the certificate of {signer} has been expired since {date}.",
			notAProof + "Ask for a new one. " + askFirst,
		},
		expiredTooEarly: {
			"Signature not valid yet: the certificate of {signer} is not valid before {date}.",
			notAProof + askFirst,
		},
		expiredAuthority: {
			"Signature not valid: the certificate of {signer}, or that of its issuer, is not valid at this time.",
			notAProof + askFirst,
		},
		uncheckedCertificate: {
			"Signature cannot be checked: the sender's certificate is missing from the message.",
			openAuthor + "Ask the sender to send the certificate along. " + askFirst,
		},
		uncheckedRevocation: {
			"Signature cannot be checked: whether the certificate of {signer} has been revoked could not be found out.",
			"The message was not changed. " + askFirst,
		},
		uncheckedCost: {
			"Signature cannot be checked: checking it would take too much.",
			openAuthor + askFirst,
		},
		uncheckedMethod: {
			"Signature cannot be checked: it is made in a way that is not known here.",
			openAuthor + "This is no sign of a forgery. " + askFirst + " Your administrator can see the cause.",
		},
		untrustedIssuer: {
			"Signature not confirmed: the issuer of the certificate of {signer} is not accepted here.",
			notAProof + askFirst + " Your administrator can accept the issuer.",
		},
		untrustedPurpose: {
			"Signature not confirmed: the certificate of {signer} was not issued for e-mail.",
			notAProof + "Ask for one that is for e-mail. " + askFirst,
		},
		untrustedBlocked: {
			"Signature not confirmed: your administrator has blocked the certificate of {signer}.",
			doubtAll + " Your administrator knows why.",
		},
		weakSigned: {
			"Signature too weak: it uses an outdated method that can be forged.",
			"It does not prove that the message is from {signer}. " + askFirst +
				" A new certificate or a current mail program of the sender helps.",
		},
		partialSigned: {
			"Only partly signed: the signature does not cover everything that you see.",
			"A part may have been added later, such as a notice of a mail server. " + askFirst,
		},
		partialCiphertext: {
			"Content not signed: the signature covers only the encrypted wrapping.",
			"Anybody can sign such a wrapping. Who wrote the content is not proven. " + askFirst,
		},
		partialReaders: {
			"Signature not clear: different programs show this message differently.",
			"What you see need not be what was signed. " + askFirst,
		},
		partialNotMail: {
			"Message not signed: what is signed is something that cannot be read as a message.",
			"The signature says nothing about this message. " + askFirst,
		},
		mismatchOther: {
			"Not signed by the sender: the certificate belongs to {signer}, but the sender is given as {from}.",
			"Whoever is given as the sender did not sign this message. " + doubtAll,
		},
		mismatchNoAddress: {
			"Not signed by the sender: the certificate names no e-mail address.",
			"Whoever is given as the sender may not have signed this message. " + doubtAll,
		},
		mismatchNoFrom: {
			"Signature without a sender: the message names no sender.",
			"So it cannot be told whose signature it is. " + doubtAll,
		},
		mismatchSeveral: {
			"Sender not clear: the message names more than one sender.",
			"Whose signature it is cannot be told. " + doubtAll,
		},
		mismatchUnreadable: {
			"Sender not readable: the line with the sender is written wrongly.",
			"Often the quotation marks around a name with a comma are missing. So it cannot be told whose signature it is. " +
				"Ask the sender to enter the name without a comma. " + askFirst,
		},
		mismatchInside: {
			"Sender changed: the signed message names another sender than you see outside.",
			"The sender that you see may have been exchanged on the way. " + doubtAll,
		},
		revokedCertificate: {
			"Signature invalid: the certificate of {signer} has been revoked since {date}.",
			"The key may be in the wrong hands. " + doubtAll,
		},
		malformedSigned: {
			"Signature unreadable: it is damaged or wrongly made.",
			openAuthor + "Ask the sender to send it again.",
		},
		invalidSigned: {
			"Signature invalid: the message was changed after it was signed, or it is forged.",
			doubtAll + " A mail server may have changed it too, for example by adding a notice; " +
				"your administrator can look into that.",
		},
	},
	encrypted: map[verdict.EncryptionStatus]wording{
		verdict.EncryptionDecrypted: {"It came encrypted.", ""},
		verdict.EncryptionUndecryptable: {
			"Not readable: the message is encrypted and could not be opened here.",
			"It was probably encrypted for another or an older certificate. " +
				"Send the sender a signed message from this mailbox, since that contains the current certificate, " +
				"and ask for the message encrypted anew with it.",
		},
		verdict.EncryptionPartial: {
			"Only a part of the message is encrypted, and it was not opened.",
			"The text beside it could have been added by a stranger to get at what the encrypted part says; " +
				"mailing lists and mail servers add such text, too. " +
				"Ask the sender to send the whole message once more, directly to this address.",
		},
		verdict.EncryptionMalformed: {
			"Not readable: the encrypted content is damaged.",
			"Ask the sender to send the message again.",
		},
	},
	withheld: map[withheld]string{
		withheldNotices: "Its sender asked to be told of its delivery, and could see in that what the message says. " +
			"Ask for the message again without that.",
		withheldRule: "By a rule of this house such messages are not accepted. Your administrator can open the message.",
		withheldSize: "Opened it would be too large. " +
			"Ask the sender to spread it over several messages, or ask your administrator.",
		withheldTime: "Opening it takes too long. Your administrator can open the message.",
		withheldAltered: "It is an altered copy of an earlier encrypted message. " +
			"If the sender did write to you, ask for the message newly encrypted.",
		withheldSender: "The same encrypted message came before, with another sender or other recipients. " +
			"If the sender did write to you, ask for the message newly encrypted.",
		withheldFull: "There is no room to open it at the moment. Please tell your administrator.",
		withheldFault: "It could not be opened at the moment. " +
			"Your administrator can open the message, or the sender can send it again.",
	},
	notes: map[verdict.Topic]string{
		verdict.NoteSender: "It was sent for this address by another one.",
		verdict.NoteReplyTo: "Replies go to another address than the one that signed; " +
			"check the address before you reply.",
		verdict.NoteSigningTime: "It was signed more than a day before or after its date.",
		verdict.NoteProtected:   "{field} was changed on the way, or is hidden outside.",
		verdict.NoteSHA1: "It is signed with an outdated method, " +
			"which is accepted for this partner until {date}.",
		verdict.NoteLeftOut:      "Text that was appended behind it was left out.",
		verdict.NoteInner:        "A part inside is encrypted once more and was not opened.",
		verdict.NoteDomain:       "It was signed by the gateway of its domain, not by the person.",
		verdict.NotePGPSigned:    "The message is signed with PGP, which is not checked here.",
		verdict.NotePGPEncrypted: "The message is encrypted with PGP and cannot be opened here.",
		verdict.NoteDamaged:      "A part of the message is damaged and cannot be read; ask the sender to send it again.",
	},
	fields: map[string]string{
		"Reply-To": "The address for replies",
		"To":       "The list of recipients",
		"Cc":       "The list of copies",
		"Date":     "The date",
	},
	months: [12]string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	},
	date:      "%[1]d %[2]s %[3]d",
	plain:     "The message is neither signed nor encrypted.",
	decrypted: "The message came encrypted and was opened here. It is not signed.",
	unproven: "Nobody could read it on the way. As with every message without a signature, it is not proven " +
		"who wrote it and whether it was changed.",
	more: " and %d more",
	refusals: map[Token]string{
		TokenNoCertificate: "cannot encrypt: no usable certificate for %s. " +
			"Ask for a signed mail, which brings it.",
		TokenReplyInClear: "cannot send unencrypted, it answers an encrypted message: " +
			"no usable certificate for %s. Ask for a signed mail.",
		TokenForward: "cannot send unencrypted, it passes on an encrypted message: " +
			"no usable certificate for %s. Ask for a signed mail.",
		TokenContains: "cannot send unencrypted, it contains an encrypted message: " +
			"no usable certificate for %s. Ask for a signed mail.",
		TokenAutomatic: "cannot send unencrypted, it is an automatic answer to an encrypted message: " +
			"no usable certificate for %s.",
		TokenNoKey: "cannot sign: no usable key for %s. Send without a signature, or ask your administrator.",
		TokenMayNotOrder: "not allowed to order signing or encryption from here. " +
			"Administrator: this client is not in orders_from and not authenticated.",
		TokenMayNotSign: "not allowed to sign from here. " +
			"Administrator: this client is not in orders_from and not authenticated.",
		TokenWrongUser:    "not allowed to sign or encrypt: user %s may not use %s.",
		TokenWrongService: "not allowed to order here: %s* fields are for the outbound service. Ask your administrator.",
		TokenOrder:        "unknown order %s. Ask your administrator.",
		TokenHiddenOrder:  "unknown order: a field of ours stands behind a bare CR, where it is not seen.",
		TokenLostOrder: "the header ends too early, at a line that is no field, " +
			"and what stands behind it would not be heeded: %s. " +
			"Send the message without that line; if this is text of yours, begin it with an empty line.",
		TokenFrom:         "to be signed or encrypted, a message needs exactly one From address.",
		TokenHeader:       "the header of the message cannot be read.",
		TokenFields:       "%d header fields would have to be removed, at most %d are.",
		TokenMalformed:    "the message is malformed and cannot be signed or encrypted.",
		TokenRouted:       "the recipient %s may be delivered to another address, which cannot be told for sure.",
		TokenRoutedCipher: "cannot encrypt: %s may be delivered to another address than it names.",
		TokenEncrypted:    "cannot sign: the message is encrypted already, and a signature around it would prove nothing.",
		TokenBcc: "hidden recipients (Bcc) need an encrypted copy of their own, which cannot be made here; " +
			"send it to them separately.",
		TokenMixed:  "cannot encrypt for the outside and deliver in clear to %s in one copy; send separately.",
		TokenSize:   "signed or encrypted, the message has %d octets; the limit is %d. Send less at once.",
		TokenSilent: "cannot encrypt now for %s: not every source of certificates has answered; try again later.",
		TokenSilentSource: "cannot encrypt now for %s; try again later. " +
			"Administrator: %s; remedy: %s",
		TokenPolicy:      "S/MIME: %s, not accepted here.",
		TokenPolicyLater: "S/MIME: %s, try again later.",
		TokenPolicyHold:  "S/MIME: %s, cannot be held for review here.",
	},
	readers: map[Cause]string{
		CauseNone: "No certificate is known. " +
			"Ask for a signed message; it brings one.",
		CauseSilent: "Whether there is a certificate could not be found out. " +
			"Try again later.",
		Cause(trust.RuleCertificate): "There is no certificate that can be read. " +
			"Ask for a signed message; it brings one.",
		Cause(trust.RuleAddress): "The certificate belongs to another address.",
		Cause(trust.RuleKey): "The key of the certificate is too weak, or cannot be used. " +
			"Ask for a new certificate.",
		Cause(trust.RuleUsage): "The certificate is not for encrypting e-mail. " +
			"Ask for another one.",
		Cause(trust.RuleState): "The certificate is blocked here, or not approved yet. " +
			"Ask your administrator.",
		Cause(trust.RuleChain): "The issuer of the certificate is not trusted here. " +
			"Ask your administrator.",
		Cause(trust.RuleValidity): "The certificate has expired, or is not valid yet. " +
			"Ask for a message that is signed with the new one.",
		Cause(trust.RuleRevocation): "The certificate is revoked, or whether it is could not be found out. " +
			"Ask for a new one.",
		Cause(trust.RuleCost): "Judging the certificate would cost too much. " +
			"Ask your administrator.",
	},
	attached: "The message follows here as it came. Your administrator can help.",
}

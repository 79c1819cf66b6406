package gateway

// This file holds every sentence that an agent reads, in each language.

import (
	"sealgate/gateway/verdict"
)

// language is the sentences of one language.
type language struct {
	signed     map[verdict.SignatureStatus]string // with %s for the signer's address
	why        map[verdict.SignatureStatus]string // X-SMIME-Reason
	encrypted  map[verdict.EncryptionStatus]string
	unread     map[verdict.EncryptionStatus]string // X-SMIME-Reason
	withheld   map[withheld]string                 // X-SMIME-Reason, instead of unread
	note       func(verdict.Note) string
	plain      string // nothing signed, nothing encrypted
	changeable string // decrypted without authentication
	explain    string // the part that goes in front of an undecryptable mail
	// explainWithheld goes in front of what was not opened though a key may open it; with
	// %s for why.
	explainWithheld string
	explainPartial  string // goes in front of a mail of which only a part is encrypted
	detail          string // with %s: the technical cause
}

// speak is the language of the settings.
func speak(l Language) *language {
	if l == German {
		return &german
	}
	return &english
}

var english = language{
	signed: map[verdict.SignatureStatus]string{
		verdict.SignatureValid:     "Signed by %s, signature valid",
		verdict.SignatureExpired:   "Signed by %s, certificate not valid at this time",
		verdict.SignatureUnchecked: "Signed by %s, signature could not be checked",
		verdict.SignatureUntrusted: "Signed by %s, issuer of the certificate not trusted",
		verdict.SignatureWeak:      "Signed by %s, signature too weak",
		verdict.SignaturePartial:   "Only partly signed (%s)",
		verdict.SignatureMismatch:  "Signed by somebody else than the sender (%s)",
		verdict.SignatureRevoked:   "Signed by %s, certificate revoked",
		verdict.SignatureMalformed: "Signature unreadable (%s)",
		verdict.SignatureInvalid:   "SIGNATURE INVALID (%s): changed on the way or forged",
	},
	why: map[verdict.SignatureStatus]string{
		verdict.SignatureExpired:   "The signer's certificate has expired or is not valid yet",
		verdict.SignatureUnchecked: "The signature could not be checked",
		verdict.SignatureUntrusted: "The signer's certificate was not issued by an authority that we trust for mail",
		verdict.SignatureWeak:      "The signature uses an algorithm or key that can be forged today",
		verdict.SignaturePartial:   "The signature does not cover all that is shown",
		verdict.SignatureMismatch:  "The signer is not the sender in From",
		verdict.SignatureRevoked:   "The signer's certificate was revoked by its issuer",
		verdict.SignatureMalformed: "The signature cannot be read",
		verdict.SignatureInvalid:   "The message is not what was signed",
	},
	encrypted: map[verdict.EncryptionStatus]string{
		verdict.EncryptionDecrypted:     "was encrypted",
		verdict.EncryptionUndecryptable: "could not be decrypted",
		verdict.EncryptionPartial:       "a part is encrypted and was not opened",
		verdict.EncryptionMalformed:     "encrypted content unreadable",
	},
	unread: map[verdict.EncryptionStatus]string{
		verdict.EncryptionUndecryptable: "None of the keys of this mailbox opens the message",
		verdict.EncryptionPartial:       "An encrypted part inside the message was not opened",
		verdict.EncryptionMalformed:     "The encrypted content cannot be read",
	},
	withheld: map[withheld]string{
		withheldNotices: "The message was not opened, " +
			"because its sender asked to be told of its delivery and would see what it says",
		withheldRule:    "The message was not opened, because a rule of this house wants such messages refused",
		withheldSize:    "The message was not opened, because it would be too large to be delivered",
		withheldTime:    "The message was not opened, because that takes too long",
		withheldAltered: "The message was not opened, because it is an altered copy of an earlier encrypted one",
		withheldSender: "The message was not opened, " +
			"because the same encrypted message came before, with another sender or other recipients",
		withheldFull: "The message was not opened, " +
			"because the gateway has no room to remember it; your administrator can help",
		withheldFault: "The message could not be opened at the moment; " +
			"your administrator can open it, or the sender can send it again",
	},
	note:       verdict.Note.String,
	plain:      "Neither signed nor encrypted",
	changeable: verdict.Unprotected,
	explain: "This message is encrypted, and it could not be decrypted here.\r\n\r\n" +
		"Please ask the sender to encrypt it for the current certificate of this\r\n" +
		"mailbox; a signed mail from this mailbox brings that certificate. The message\r\n" +
		"as it came is attached; your administrator can open it later if the right key\r\n" +
		"is found.\r\n",
	explainWithheld: "This message is encrypted.\r\n\r\n%s.\r\n\r\n" +
		"If the sender did write to you, please ask for the message again, newly\r\n" +
		"encrypted. The message as it came is attached; your administrator can open it.\r\n",
	explainPartial: "Only a part of this message is encrypted, and it was not opened: text beside it\r\n" +
		"could have been added by a stranger, to get at what the encrypted part says.\r\n\r\n" +
		"Mailing lists and mail servers add such text, too. Please ask the sender to send\r\n" +
		"the message once more, directly to this address. It follows here as it came.\r\n",
	detail: " (%s)",
}

var german = language{
	signed: map[verdict.SignatureStatus]string{
		verdict.SignatureValid:     "Signiert von %s, Signatur gültig",
		verdict.SignatureExpired:   "Signiert von %s, Zertifikat derzeit nicht gültig",
		verdict.SignatureUnchecked: "Signiert von %s, Signatur nicht prüfbar",
		verdict.SignatureUntrusted: "Signiert von %s, Aussteller des Zertifikats nicht vertrauenswürdig",
		verdict.SignatureWeak:      "Signiert von %s, Signatur zu schwach",
		verdict.SignaturePartial:   "Nur teilweise signiert (%s)",
		verdict.SignatureMismatch:  "Von jemand anderem als dem Absender signiert (%s)",
		verdict.SignatureRevoked:   "Signiert von %s, Zertifikat gesperrt",
		verdict.SignatureMalformed: "Signatur nicht lesbar (%s)",
		verdict.SignatureInvalid:   "SIGNATUR UNGÜLTIG (%s): unterwegs verändert oder gefälscht",
	},
	why: map[verdict.SignatureStatus]string{
		verdict.SignatureExpired:   "Das Zertifikat des Unterzeichners ist abgelaufen oder noch nicht gültig",
		verdict.SignatureUnchecked: "Die Signatur konnte nicht geprüft werden",
		verdict.SignatureUntrusted: "Das Zertifikat des Unterzeichners stammt von keiner Stelle, " +
			"der wir für E-Mail vertrauen",
		verdict.SignatureWeak:      "Die Signatur verwendet ein Verfahren oder einen Schlüssel, der heute fälschbar ist",
		verdict.SignaturePartial:   "Die Signatur deckt nicht alles ab, was angezeigt wird",
		verdict.SignatureMismatch:  "Der Unterzeichner ist nicht der Absender im Feld From",
		verdict.SignatureRevoked:   "Das Zertifikat des Unterzeichners wurde von seinem Aussteller gesperrt",
		verdict.SignatureMalformed: "Die Signatur ist nicht lesbar",
		verdict.SignatureInvalid:   "Die Nachricht ist nicht das, was unterzeichnet wurde",
	},
	encrypted: map[verdict.EncryptionStatus]string{
		verdict.EncryptionDecrypted:     "war verschlüsselt",
		verdict.EncryptionUndecryptable: "konnte nicht entschlüsselt werden",
		verdict.EncryptionPartial:       "ein Teil ist verschlüsselt und wurde nicht geöffnet",
		verdict.EncryptionMalformed:     "verschlüsselter Inhalt nicht lesbar",
	},
	unread: map[verdict.EncryptionStatus]string{
		verdict.EncryptionUndecryptable: "Kein Schlüssel dieses Postfachs öffnet die Nachricht",
		verdict.EncryptionPartial:       "Ein verschlüsselter Teil in der Nachricht wurde nicht geöffnet",
		verdict.EncryptionMalformed:     "Der verschlüsselte Inhalt ist nicht lesbar",
	},
	withheld: map[withheld]string{
		withheldNotices: "Die Nachricht wurde nicht geöffnet, " +
			"weil ihr Absender eine Zustellbestätigung verlangt und darin ihren Inhalt sähe",
		withheldRule: "Die Nachricht wurde nicht geöffnet, weil eine Regel dieses Hauses solche Nachrichten ablehnt",
		withheldSize: "Die Nachricht wurde nicht geöffnet, weil sie für die Zustellung zu groß würde",
		withheldTime: "Die Nachricht wurde nicht geöffnet, weil das zu lange dauert",
		withheldAltered: "Die Nachricht wurde nicht geöffnet, " +
			"weil sie die veränderte Kopie einer früheren verschlüsselten ist",
		withheldSender: "Die Nachricht wurde nicht geöffnet, " +
			"weil dieselbe verschlüsselte schon einmal kam, mit anderem Absender oder anderen Empfängern",
		withheldFull: "Die Nachricht wurde nicht geöffnet, " +
			"weil kein Platz ist, sie zu vermerken; Ihre Administration kann helfen",
		withheldFault: "Die Nachricht konnte gerade nicht geöffnet werden; " +
			"Ihre Administration kann sie öffnen, oder der Absender sendet sie noch einmal",
	},
	note:       noteInGerman,
	plain:      "Weder signiert noch verschlüsselt",
	changeable: "Die Verschlüsselung schützte den Inhalt nicht vor Veränderung, und keine gültige Signatur tut es",
	explain: "Diese Nachricht ist verschlüsselt und konnte hier nicht entschlüsselt werden.\r\n\r\n" +
		"Bitte bitten Sie den Absender, sie für das aktuelle Zertifikat dieses\r\n" +
		"Postfachs zu verschlüsseln; eine signierte Mail aus diesem Postfach bringt\r\n" +
		"dieses Zertifikat mit. Die Nachricht hängt an, wie sie kam; Ihre Administration\r\n" +
		"kann sie später öffnen, wenn sich der passende Schlüssel findet.\r\n",
	explainWithheld: "Diese Nachricht ist verschlüsselt.\r\n\r\n%s.\r\n\r\n" +
		"Falls der Absender Ihnen wirklich geschrieben hat, bitten Sie ihn um dieselbe\r\n" +
		"Nachricht, neu verschlüsselt. Die Nachricht hängt an, wie sie kam; Ihre\r\n" +
		"Administration kann sie öffnen.\r\n",
	explainPartial: "Nur ein Teil dieser Nachricht ist verschlüsselt, und er wurde nicht geöffnet: Den\r\n" +
		"Text daneben kann ein Fremder hinzugefügt haben, um an den Inhalt des\r\n" +
		"verschlüsselten Teils zu gelangen.\r\n\r\n" +
		"Auch Mailinglisten und Mailserver fügen solchen Text hinzu. Bitte bitten Sie den\r\n" +
		"Absender, die Nachricht noch einmal direkt an diese Adresse zu senden. Sie folgt\r\n" +
		"hier, wie sie kam.\r\n",
	detail: " (%s)",
}

// noteInGerman is what verdict.Note.String is in English.
func noteInGerman(n verdict.Note) string {
	switch n.About {
	case verdict.NoteSender:
		return "von einer anderen Adresse für diese gesendet"
	case verdict.NoteReplyTo:
		return "Antworten gehen an eine andere Adresse als die des Unterzeichners"
	case verdict.NoteSigningTime:
		return "mehr als einen Tag vor oder nach dem Datum der Mail signiert"
	case verdict.NoteProtected:
		return n.Field + " ist nicht, was der Absender geschützt hat"
	case verdict.NoteSHA1:
		return "mit dem veralteten SHA-1, für diesen Partner zugelassen bis " + n.Until
	case verdict.NoteLeftOut:
		return "Text, der hinter dem geschützten Inhalt angehängt war, wurde weggelassen"
	}
	return n.String()
}

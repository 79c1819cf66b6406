package gateway

// This file holds every sentence that an agent reads, in each language.

// noteSender and its like are the keys of Judgement.Notes; the name of a field follows
// noteProtected.
const (
	noteSender      = "sender"
	noteReplyTo     = "reply-to"
	noteSigningTime = "signing-time"
	noteProtected   = "protected "
)

// language is the sentences of one language.
type language struct {
	signed     map[SignatureStatus]string // with %s for the signer's address
	why        map[SignatureStatus]string // X-SMIME-Reason
	encrypted  map[EncryptionStatus]string
	unread     map[EncryptionStatus]string // X-SMIME-Reason
	withheld   map[withheld]string         // X-SMIME-Reason, instead of unread
	notes      map[string]string
	differs    string // with %s for a field: not what the sender protected
	plain      string // nothing signed, nothing encrypted
	changeable string // decrypted without authentication
	explain    string // the part that goes in front of an undecryptable mail
	// explainWithheld goes in front of what was not opened though a key may open it; with
	// %s for why.
	explainWithheld string
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
	signed: map[SignatureStatus]string{
		SignatureValid:     "Signed by %s, signature valid",
		SignatureExpired:   "Signed by %s, certificate not valid at this time",
		SignatureUnchecked: "Signed by %s, signature could not be checked",
		SignatureUntrusted: "Signed by %s, issuer of the certificate not trusted",
		SignatureWeak:      "Signed by %s, signature too weak",
		SignaturePartial:   "Only partly signed (%s)",
		SignatureMismatch:  "Signed by somebody else than the sender (%s)",
		SignatureRevoked:   "Signed by %s, certificate revoked",
		SignatureMalformed: "Signature unreadable (%s)",
		SignatureInvalid:   "SIGNATURE INVALID (%s): changed on the way or forged",
	},
	why: map[SignatureStatus]string{
		SignatureExpired:   "The signer's certificate has expired or is not valid yet",
		SignatureUnchecked: "The signature could not be checked",
		SignatureUntrusted: "The signer's certificate was not issued by an authority that we trust for mail",
		SignatureWeak:      "The signature uses an algorithm or key that can be forged today",
		SignaturePartial:   "The signature does not cover all that is shown",
		SignatureMismatch:  "The signer is not the sender in From",
		SignatureRevoked:   "The signer's certificate was revoked by its issuer",
		SignatureMalformed: "The signature cannot be read",
		SignatureInvalid:   "The message is not what was signed",
	},
	encrypted: map[EncryptionStatus]string{
		EncryptionDecrypted:     "was encrypted",
		EncryptionUndecryptable: "could not be decrypted",
		EncryptionPartial:       "a part is encrypted and was not opened",
		EncryptionMalformed:     "encrypted content unreadable",
	},
	unread: map[EncryptionStatus]string{
		EncryptionUndecryptable: "None of the keys of this mailbox opens the message",
		EncryptionPartial:       "An encrypted part inside the message was not opened",
		EncryptionMalformed:     "The encrypted content cannot be read",
	},
	withheld: map[withheld]string{
		withheldNotices: "The message was not opened, because its sender asked to be told of its delivery and would see what it says",
		withheldRule:    "The message was not opened, because a rule of this house wants such messages refused",
		withheldSize:    "The message was not opened, because it would be too large to be delivered",
		withheldTime:    "The message was not opened, because that takes too long",
		withheldAltered: "The message was not opened, because it is an altered copy of an earlier encrypted one",
		withheldSender:  "The message was not opened, because the same encrypted message came before, with another sender or other recipients",
		withheldFull:    "The message was not opened, because the gateway has no room to remember it; your administrator can help",
		withheldFault:   "The message could not be opened at the moment; your administrator can open it, or the sender can send it again",
	},
	notes: map[string]string{
		noteSender:      "sent for this address by another one",
		noteReplyTo:     "replies go to another address than the signer's",
		noteSigningTime: "signed more than a day before or after the date of the mail",
	},
	differs:    "%s is not what the sender protected",
	plain:      "Neither signed nor encrypted",
	changeable: "The encryption did not protect the content against changes, and no valid signature does",
	explain: "This message is encrypted, and it could not be decrypted here.\r\n\r\n" +
		"Please ask the sender to encrypt it for the current certificate of this\r\n" +
		"mailbox; a signed mail from this mailbox brings that certificate. The message\r\n" +
		"as it came is attached; your administrator can open it later if the right key\r\n" +
		"is found.\r\n",
	explainWithheld: "This message is encrypted.\r\n\r\n%s.\r\n\r\n" +
		"If the sender did write to you, please ask for the message again, newly\r\n" +
		"encrypted. The message as it came is attached; your administrator can open it.\r\n",
	detail: " (%s)",
}

var german = language{
	signed: map[SignatureStatus]string{
		SignatureValid:     "Signiert von %s, Signatur gültig",
		SignatureExpired:   "Signiert von %s, Zertifikat derzeit nicht gültig",
		SignatureUnchecked: "Signiert von %s, Signatur nicht prüfbar",
		SignatureUntrusted: "Signiert von %s, Aussteller des Zertifikats nicht vertrauenswürdig",
		SignatureWeak:      "Signiert von %s, Signatur zu schwach",
		SignaturePartial:   "Nur teilweise signiert (%s)",
		SignatureMismatch:  "Von jemand anderem als dem Absender signiert (%s)",
		SignatureRevoked:   "Signiert von %s, Zertifikat gesperrt",
		SignatureMalformed: "Signatur nicht lesbar (%s)",
		SignatureInvalid:   "SIGNATUR UNGÜLTIG (%s): unterwegs verändert oder gefälscht",
	},
	why: map[SignatureStatus]string{
		SignatureExpired:   "Das Zertifikat des Unterzeichners ist abgelaufen oder noch nicht gültig",
		SignatureUnchecked: "Die Signatur konnte nicht geprüft werden",
		SignatureUntrusted: "Das Zertifikat des Unterzeichners stammt von keiner Stelle, der wir für E-Mail vertrauen",
		SignatureWeak:      "Die Signatur verwendet ein Verfahren oder einen Schlüssel, der heute fälschbar ist",
		SignaturePartial:   "Die Signatur deckt nicht alles ab, was angezeigt wird",
		SignatureMismatch:  "Der Unterzeichner ist nicht der Absender im Feld From",
		SignatureRevoked:   "Das Zertifikat des Unterzeichners wurde von seinem Aussteller gesperrt",
		SignatureMalformed: "Die Signatur ist nicht lesbar",
		SignatureInvalid:   "Die Nachricht ist nicht das, was unterzeichnet wurde",
	},
	encrypted: map[EncryptionStatus]string{
		EncryptionDecrypted:     "war verschlüsselt",
		EncryptionUndecryptable: "konnte nicht entschlüsselt werden",
		EncryptionPartial:       "ein Teil ist verschlüsselt und wurde nicht geöffnet",
		EncryptionMalformed:     "verschlüsselter Inhalt nicht lesbar",
	},
	unread: map[EncryptionStatus]string{
		EncryptionUndecryptable: "Kein Schlüssel dieses Postfachs öffnet die Nachricht",
		EncryptionPartial:       "Ein verschlüsselter Teil in der Nachricht wurde nicht geöffnet",
		EncryptionMalformed:     "Der verschlüsselte Inhalt ist nicht lesbar",
	},
	withheld: map[withheld]string{
		withheldNotices: "Die Nachricht wurde nicht geöffnet, weil ihr Absender eine Zustellbestätigung verlangt und darin ihren Inhalt sähe",
		withheldRule:    "Die Nachricht wurde nicht geöffnet, weil eine Regel dieses Hauses solche Nachrichten ablehnt",
		withheldSize:    "Die Nachricht wurde nicht geöffnet, weil sie für die Zustellung zu groß würde",
		withheldTime:    "Die Nachricht wurde nicht geöffnet, weil das zu lange dauert",
		withheldAltered: "Die Nachricht wurde nicht geöffnet, weil sie die veränderte Kopie einer früheren verschlüsselten ist",
		withheldSender:  "Die Nachricht wurde nicht geöffnet, weil dieselbe verschlüsselte schon einmal kam, mit anderem Absender oder anderen Empfängern",
		withheldFull:    "Die Nachricht wurde nicht geöffnet, weil kein Platz ist, sie zu vermerken; Ihre Administration kann helfen",
		withheldFault:   "Die Nachricht konnte gerade nicht geöffnet werden; Ihre Administration kann sie öffnen, oder der Absender sendet sie noch einmal",
	},
	notes: map[string]string{
		noteSender:      "von einer anderen Adresse für diese gesendet",
		noteReplyTo:     "Antworten gehen an eine andere Adresse als die des Unterzeichners",
		noteSigningTime: "mehr als einen Tag vor oder nach dem Datum der Mail signiert",
	},
	differs:    "%s ist nicht, was der Absender geschützt hat",
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
	detail: " (%s)",
}

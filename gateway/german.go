package gateway

// This file holds every sentence that an agent reads, in German.

import (
	"sealgate/gateway/verdict"
	"sealgate/trust"
)

const (
	askInGerman   = "Fragen Sie bei wichtigen Inhalten beim Absender nach."
	doubtInGerman = "Verlassen Sie sich nicht auf den Inhalt, und fragen Sie den Absender auf einem anderen Weg."
	renewInGerman = "Die Nachricht wurde nicht verändert, aber das Zertifikat belegt den Absender nicht. "
)

var german = language{
	tag: "de",
	signed: map[situation]wording{
		validSigned: {"Gültig signiert: Die Nachricht stammt von {signer} und wurde nicht verändert.", ""},
		validNotAsked: {
			"Gültig signiert: Die Nachricht stammt von {signer} und wurde nicht verändert.",
			"Ob das Zertifikat inzwischen gesperrt wurde, war nicht zu erfahren. " +
				"Sie können die Nachricht trotzdem wie jede gültig signierte behandeln.",
		},
		expiredCertificate: {
			"Signatur nicht mehr gültig: Das Zertifikat von {signer} ist seit dem {date} abgelaufen.",
			renewInGerman + "Bitten Sie um ein neues. " + askInGerman,
		},
		expiredTooEarly: {
			"Signatur noch nicht gültig: Das Zertifikat von {signer} gilt erst ab dem {date}.",
			renewInGerman + askInGerman,
		},
		expiredAuthority: {
			"Signatur nicht gültig: Das Zertifikat von {signer} oder das seines Ausstellers gilt zurzeit nicht.",
			renewInGerman + askInGerman,
		},
		uncheckedCertificate: {
			"Signatur nicht prüfbar: In der Nachricht fehlt das Zertifikat des Absenders.",
			"Ob die Nachricht wirklich vom Absender stammt, ist offen. " +
				"Bitten Sie ihn, sein Zertifikat mitzusenden. " + askInGerman,
		},
		uncheckedRevocation: {
			"Signatur nicht prüfbar: Ob das Zertifikat von {signer} gesperrt ist, war nicht zu erfahren.",
			"Die Nachricht wurde nicht verändert. " + askInGerman,
		},
		uncheckedCost: {
			"Signatur nicht prüfbar: Die Prüfung wäre zu aufwendig.",
			"Ob die Nachricht wirklich vom Absender stammt, ist offen. " + askInGerman,
		},
		uncheckedMethod: {
			"Signatur nicht prüfbar: Sie ist anders aufgebaut, als es hier bekannt ist.",
			"Ob die Nachricht wirklich vom Absender stammt, ist offen; ein Zeichen für eine Fälschung ist das nicht. " +
				askInGerman + " Ihre Administration sieht die Ursache.",
		},
		untrustedIssuer: {
			"Signatur nicht bestätigt: Der Aussteller des Zertifikats von {signer} ist hier nicht anerkannt.",
			renewInGerman + askInGerman + " Ihre Administration kann den Aussteller anerkennen.",
		},
		untrustedPurpose: {
			"Signatur nicht bestätigt: Das Zertifikat von {signer} ist nicht für E-Mail ausgestellt.",
			renewInGerman + "Bitten Sie um ein Zertifikat für E-Mail. " + askInGerman,
		},
		untrustedBlocked: {
			"Signatur nicht bestätigt: Ihre Administration lehnt das Zertifikat von {signer} ab.",
			doubtInGerman + " Den Grund kennt Ihre Administration.",
		},
		weakSigned: {
			"Signatur zu schwach: Sie verwendet ein veraltetes Verfahren, das sich fälschen lässt.",
			"Dass die Nachricht von {signer} stammt, ist damit nicht belegt. " + askInGerman +
				" Ein neues Zertifikat oder ein aktuelles Mailprogramm des Absenders hilft.",
		},
		partialSigned: {
			"Nur teilweise signiert: Die Signatur gilt nicht für alles, was Sie sehen.",
			"Ein Teil kann nachträglich dazugekommen sein, zum Beispiel ein Hinweis eines Mailservers. " + askInGerman,
		},
		partialCiphertext: {
			"Inhalt nicht signiert: Die Signatur gilt nur für die verschlüsselte Hülle.",
			"Eine solche Hülle kann jeder signieren. Wer den Inhalt geschrieben hat, ist nicht belegt. " + askInGerman,
		},
		partialReaders: {
			"Signatur nicht eindeutig: Die Nachricht sieht in verschiedenen Programmen verschieden aus.",
			"Was Sie sehen, muss nicht das sein, was signiert wurde. " + askInGerman,
		},
		partialNotMail: {
			"Nachricht nicht signiert: Signiert ist etwas, das sich nicht als Nachricht lesen lässt.",
			"Die Signatur sagt nichts über diese Nachricht. " + askInGerman,
		},
		mismatchOther: {
			"Nicht vom Absender signiert: Das Zertifikat gehört {signer}, als Absender steht aber {from}.",
			"Wer als Absender dasteht, hat diese Nachricht nicht signiert. " + doubtInGerman,
		},
		mismatchNoAddress: {
			"Nicht vom Absender signiert: Das Zertifikat nennt keine E-Mail-Adresse.",
			"Wer als Absender dasteht, hat diese Nachricht vielleicht nicht signiert. " + doubtInGerman,
		},
		mismatchNoFrom: {
			"Signatur ohne Absender: Die Nachricht nennt keinen Absender.",
			"Für wen die Signatur gilt, lässt sich deshalb nicht sagen. " + doubtInGerman,
		},
		mismatchSeveral: {
			"Absender nicht eindeutig: Die Nachricht nennt mehr als einen Absender.",
			"Für welchen davon die Signatur gilt, lässt sich nicht sagen. " + doubtInGerman,
		},
		mismatchUnreadable: {
			"Absender nicht lesbar: Die Zeile mit dem Absender ist falsch geschrieben.",
			"Oft fehlen Anführungszeichen um einen Namen mit Komma. Für wen die Signatur gilt, lässt sich so nicht sagen. " +
				"Bitten Sie den Absender, seinen Namen ohne Komma einzutragen. " + askInGerman,
		},
		mismatchInside: {
			"Absender verändert: In der signierten Nachricht steht ein anderer Absender als außen.",
			"Der Absender, den Sie sehen, kann unterwegs ausgetauscht worden sein. " + doubtInGerman,
		},
		revokedCertificate: {
			"Signatur ungültig: Das Zertifikat von {signer} ist seit dem {date} gesperrt.",
			"Der Schlüssel kann in fremden Händen sein. " + doubtInGerman,
		},
		malformedSigned: {
			"Signatur nicht lesbar: Sie ist beschädigt oder falsch aufgebaut.",
			"Ob die Nachricht wirklich vom Absender stammt, ist offen. Bitten Sie ihn, sie noch einmal zu senden.",
		},
		invalidSigned: {
			"Signatur ungültig: Die Nachricht wurde nach dem Signieren verändert, oder sie ist gefälscht.",
			doubtInGerman + " Auch ein Mailserver kann sie verändert haben, etwa durch einen angehängten Hinweis; " +
				"Ihre Administration kann das prüfen.",
		},
	},
	encrypted: map[verdict.EncryptionStatus]wording{
		verdict.EncryptionDecrypted: {"Sie kam verschlüsselt an.", ""},
		verdict.EncryptionUndecryptable: {
			"Nicht lesbar: Die Nachricht ist verschlüsselt und konnte hier nicht geöffnet werden.",
			"Wahrscheinlich wurde sie für ein anderes oder ein älteres Zertifikat verschlüsselt. " +
				"Senden Sie dem Absender eine signierte Nachricht aus diesem Postfach, denn sie enthält das aktuelle " +
				"Zertifikat, und bitten Sie ihn, damit neu zu verschlüsseln.",
		},
		verdict.EncryptionPartial: {
			"Nur ein Teil der Nachricht ist verschlüsselt, und er wurde nicht geöffnet.",
			"Den Text daneben kann ein Fremder hinzugefügt haben, um an den verschlüsselten Inhalt zu gelangen; " +
				"auch Mailinglisten und Mailserver fügen solchen Text hinzu. " +
				"Bitten Sie den Absender, die ganze Nachricht noch einmal direkt an diese Adresse zu senden.",
		},
		verdict.EncryptionMalformed: {
			"Nicht lesbar: Der verschlüsselte Inhalt ist beschädigt.",
			"Bitten Sie den Absender, die Nachricht noch einmal zu senden.",
		},
	},
	withheld: map[withheld]string{
		withheldNotices: "Der Absender verlangt eine Zustellbestätigung und könnte darin sehen, " +
			"was in der Nachricht steht. " +
			"Bitten Sie ihn, sie ohne diese Bestätigung noch einmal zu senden.",
		withheldRule: "Nach den Regeln dieses Hauses werden solche Nachrichten nicht angenommen. " +
			"Ihre Administration kann die Nachricht öffnen.",
		withheldSize: "Geöffnet wäre sie zu groß. " +
			"Bitten Sie den Absender, sie auf mehrere Nachrichten zu verteilen, oder wenden Sie sich an Ihre Administration.",
		withheldTime: "Das Öffnen dauert zu lange. Ihre Administration kann die Nachricht öffnen.",
		withheldAltered: "Sie ist die veränderte Kopie einer früheren verschlüsselten Nachricht. " +
			"Falls der Absender Ihnen wirklich geschrieben hat, bitten Sie ihn, sie neu zu verschlüsseln.",
		withheldSender: "Dieselbe verschlüsselte Nachricht kam schon einmal, " +
			"mit anderem Absender oder anderen Empfängern. " +
			"Falls der Absender Ihnen wirklich geschrieben hat, bitten Sie ihn, sie neu zu verschlüsseln.",
		withheldFull: "Zum Öffnen fehlt zurzeit Speicherplatz. Wenden Sie sich an Ihre Administration.",
		withheldFault: "Das Öffnen war gerade nicht möglich. " +
			"Ihre Administration kann die Nachricht öffnen, oder der Absender sendet sie noch einmal.",
	},
	notes: map[verdict.Topic]string{
		verdict.NoteSender: "Abgesendet hat sie eine andere Adresse in seinem Namen.",
		verdict.NoteReplyTo: "Antworten gehen an eine andere Adresse als die, die signiert hat; " +
			"prüfen Sie die Adresse, bevor Sie antworten.",
		verdict.NoteSigningTime: "Sie wurde mehr als einen Tag vor oder nach ihrem Datum signiert.",
		verdict.NoteProtected:   "{field} wurde unterwegs verändert oder ist außen verborgen.",
		verdict.NoteSHA1: "Signiert ist sie mit einem veralteten Verfahren, " +
			"das für diesen Partner bis zum {date} zugelassen ist.",
		verdict.NoteLeftOut:      "Text, der dahinter angehängt war, wurde weggelassen.",
		verdict.NoteInner:        "Ein Teil darin ist noch einmal verschlüsselt und wurde nicht geöffnet.",
		verdict.NoteDomain:       "Signiert hat sie das Gateway der Domain, nicht die Person selbst.",
		verdict.NotePGPSigned:    "Die Nachricht ist mit PGP signiert; das wird hier nicht geprüft.",
		verdict.NotePGPEncrypted: "Die Nachricht ist mit PGP verschlüsselt und kann hier nicht geöffnet werden.",
		verdict.NoteDamaged: "Ein Teil der Nachricht ist beschädigt und nicht lesbar; " +
			"bitten Sie den Absender, sie noch einmal zu senden.",
	},
	fields: map[string]string{
		"Reply-To": "Die Antwortadresse",
		"To":       "Die Empfängerliste",
		"Cc":       "Die Kopieliste",
		"Date":     "Das Datum",
	},
	months: [12]string{
		"Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember",
	},
	date:      "%[1]d. %[2]s %[3]d",
	plain:     "Die Nachricht ist weder signiert noch verschlüsselt.",
	decrypted: "Die Nachricht kam verschlüsselt an und wurde hier geöffnet. Sie ist nicht signiert.",
	unproven: "Unterwegs konnte sie niemand lesen. Wie bei jeder Nachricht ohne Signatur ist nicht belegt, " +
		"wer sie geschrieben hat und ob sie verändert wurde.",
	more: " und %d weitere",
	refusals: map[Token]string{
		TokenNoCertificate: "Verschluesseln nicht moeglich: Es fehlt ein gueltiges Zertifikat fuer %s. " +
			"Bitten Sie um eine signierte Mail; sie enthaelt es.",
		TokenReplyInClear: "Unverschluesselt nicht erlaubt, weil die Nachricht auf eine verschluesselte antwortet: " +
			"Es fehlt ein gueltiges Zertifikat fuer %s. Bitten Sie um eine signierte Mail.",
		TokenForward: "Unverschluesselt nicht erlaubt, weil die Nachricht eine verschluesselte weitergibt: " +
			"Es fehlt ein gueltiges Zertifikat fuer %s. Bitten Sie um eine signierte Mail.",
		TokenContains: "Unverschluesselt nicht erlaubt, weil die Nachricht eine verschluesselte enthaelt: " +
			"Es fehlt ein gueltiges Zertifikat fuer %s. Bitten Sie um eine signierte Mail.",
		TokenAutomatic: "Unverschluesselt nicht erlaubt, weil dies eine automatische Antwort auf eine verschluesselte " +
			"Nachricht ist: Es fehlt ein gueltiges Zertifikat fuer %s.",
		TokenNoKey: "Signieren nicht moeglich: Es fehlt ein gueltiger Schluessel fuer %s. " +
			"Senden Sie ohne Signatur, oder fragen Sie Ihre Administration.",
		TokenMayNotOrder: "Signieren und Verschluesseln sind von hier aus nicht erlaubt. " +
			"Administration: Client nicht in orders_from und nicht angemeldet.",
		TokenMayNotSign: "Signieren ist von hier aus nicht erlaubt. " +
			"Administration: Client nicht in orders_from und nicht angemeldet.",
		TokenWrongUser: "Nicht erlaubt: Der Benutzer %s darf nicht fuer %s signieren oder verschluesseln.",
		TokenWrongService: "Die Felder %s* gehoeren an den ausgehenden Dienst, hier sind sie nicht erlaubt. " +
			"Fragen Sie Ihre Administration.",
		TokenOrder:       "Unbekannter Auftrag: %s. Fragen Sie Ihre Administration.",
		TokenHiddenOrder: "Unbekannter Auftrag: Ein Feld steht hinter einem einzelnen CR, wo es niemand sieht.",
		TokenLostOrder: "Der Kopf der Nachricht endet zu frueh, an einer Zeile, die kein Feld ist; " +
			"was danach steht, wuerde nicht beachtet: %s. " +
			"Senden Sie ohne diese Zeile; ist es Ihr Text, beginnen Sie ihn mit einer Leerzeile.",
		TokenFrom:      "Zum Signieren oder Verschluesseln braucht die Nachricht genau einen Absender.",
		TokenHeader:    "Der Kopf der Nachricht ist nicht lesbar.",
		TokenFields:    "%d Felder im Kopf muessten entfernt werden, hoechstens %d werden es.",
		TokenMalformed: "Die Nachricht ist fehlerhaft aufgebaut und kann nicht signiert oder verschluesselt werden.",
		TokenRouted: "Die Nachricht an %s kann bei einer anderen Adresse ankommen; " +
			"bei welcher, laesst sich nicht sicher sagen.",
		TokenRoutedCipher: "Verschluesseln nicht moeglich: Die Nachricht an %s kann bei einer anderen Adresse ankommen.",
		TokenEncrypted: "Signieren nicht moeglich: Die Nachricht ist schon verschluesselt, " +
			"und eine Signatur darum belegt nichts.",
		TokenBcc: "Empfaenger in Blindkopie (Bcc) brauchen eine eigene verschluesselte Nachricht, " +
			"die hier nicht erzeugt werden kann. Senden Sie sie ihnen getrennt.",
		TokenMixed: "Eine Nachricht kann nicht nach aussen verschluesselt und an %s unverschluesselt gehen. " +
			"Senden Sie getrennt.",
		TokenSize: "Signiert oder verschluesselt hat die Nachricht %d Byte, erlaubt sind %d. " +
			"Senden Sie weniger auf einmal.",
		TokenSilent: "Verschluesseln fuer %s zurzeit nicht moeglich. Senden Sie die Nachricht spaeter noch einmal.",
		TokenSilentSource: "Verschluesseln fuer %s zurzeit nicht moeglich; spaeter noch einmal senden. " +
			"Administration: %s; remedy: %s",
		TokenPolicy:      "S/MIME (%s): wird hier nicht angenommen.",
		TokenPolicyLater: "S/MIME (%s): Senden Sie die Nachricht spaeter noch einmal.",
		TokenPolicyHold:  "S/MIME (%s): Die Nachricht kann hier nicht zur Pruefung zurueckgehalten werden.",
	},
	readers: map[Cause]string{
		CauseNone: "Es ist kein Zertifikat bekannt. " +
			"Bitten Sie um eine signierte Mail; sie enthält es.",
		CauseSilent: "Ob es ein Zertifikat gibt, war nicht zu erfahren. " +
			"Versuchen Sie es später noch einmal.",
		Cause(trust.RuleCertificate): "Es gibt kein lesbares Zertifikat. " +
			"Bitten Sie um eine signierte Mail; sie enthält es.",
		Cause(trust.RuleAddress): "Das Zertifikat gehört zu einer anderen Adresse.",
		Cause(trust.RuleKey): "Der Schlüssel des Zertifikats ist zu schwach oder nicht verwendbar. " +
			"Bitten Sie um ein neues Zertifikat.",
		Cause(trust.RuleUsage): "Das Zertifikat ist nicht zum Verschlüsseln von E-Mail ausgestellt. " +
			"Bitten Sie um ein anderes.",
		Cause(trust.RuleState): "Das Zertifikat ist hier gesperrt oder noch nicht freigegeben. " +
			"Fragen Sie Ihre Administration.",
		Cause(trust.RuleChain): "Der Aussteller des Zertifikats ist hier nicht anerkannt. " +
			"Fragen Sie Ihre Administration.",
		Cause(trust.RuleValidity): "Das Zertifikat ist abgelaufen oder noch nicht gültig. " +
			"Bitten Sie um eine Mail, die mit dem neuen signiert ist.",
		Cause(trust.RuleRevocation): "Das Zertifikat ist gesperrt, oder ob es gesperrt ist, war nicht zu erfahren. " +
			"Bitten Sie um ein neues.",
		Cause(trust.RuleCost): "Die Prüfung des Zertifikats wäre zu aufwendig. " +
			"Fragen Sie Ihre Administration.",
	},
	attached: "Die Nachricht folgt hier, wie sie kam. Ihre Administration kann helfen.",
}

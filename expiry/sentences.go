package expiry

// This file holds every sentence of the mail, in English and in German.

import "sealgate/gateway"

// sentences are those of one language.
type sentences struct {
	subject       string // with the host's name
	own           string // before our certificates
	ownRemedy     string
	domains       string // before those of domains
	domainsRemedy string
	others        string // before correspondents' certificates
	othersRemedy  string
	why           string // the mail was sent
	ended         string // with the date
	endsToday     string // with the date
	endsLater     string // with the date, and the days that are left
	issuer        string
	file          string
	date          string // as time.Format has it
}

func sentencesOf(l gateway.Language) *sentences {
	if l == gateway.German {
		return &german
	}
	return &english
}

var english = sentences{
	subject: "S/MIME certificates end soon (sealgate on %s)",
	own: `Certificates of your own mailboxes end, and no other certificate takes over.
After its end a certificate signs nothing any more: what has to be signed or
encrypted does not leave, and correspondents cannot encrypt to the mailbox.`,
	ownRemedy: `What to do: order a new certificate for the address from your authority, add
its file to "keys" of the mailbox in the configuration, and reload the gateway
(systemctl reload sealgate). Keep the old file: it opens old mail.
"sealgate key list" shows whether the new one is used.`,
	domains: `Certificates that rules of yours name for domains end, and none of the same rule
lasts longer. After the end mail there that has to be encrypted does not leave.`,
	domainsRemedy: `What to do: ask the administrator there for the new certificate of his gateway,
add its file to "certificate" of the [[rule]], and reload the gateway.`,
	others: `Certificates of correspondents end, and no newer one of theirs is known. After
the end mail to them cannot be encrypted, and what has to be does not leave.`,
	othersRemedy: `What to do: most renew on their own, and their next signed mail brings the new
certificate along. Where you must encrypt, ask them for a signed mail, or for
the new certificate, which "sealgate cert import FILE" takes. You are told of
each of these certificates once.`,
	why: `A program sent this; nobody reads answers. It goes to the addresses in "to" of
[alerts] in the configuration of sealgate, 30, 14, 7 and 1 days before the
certificate of a mailbox or of a rule ends, and when it has.`,
	ended:     "has ended on %s",
	endsToday: "ends on %s, within a day",
	endsLater: "ends on %s, in %d days",
	issuer:    "Issued by",
	file:      "File",
	date:      "2 January 2006",
}

var german = sentences{
	subject: "S/MIME-Zertifikate laufen ab (sealgate auf %s)",
	own: `Zertifikate Ihrer eigenen Postfächer laufen ab, und kein anderes tritt an ihre
Stelle. Ein abgelaufenes Zertifikat signiert nichts mehr: Was signiert oder
verschlüsselt werden muss, geht nicht hinaus, und niemand kann an das Postfach
verschlüsseln.`,
	ownRemedy: `Was zu tun ist: Bestellen Sie bei Ihrer Zertifizierungsstelle ein neues
Zertifikat für die Adresse, tragen Sie die Datei in der Konfiguration unter
"keys" des Postfachs ein, und laden Sie neu (systemctl reload sealgate). Die
alte Datei bleibt: Sie öffnet alte Mails. "sealgate key list" zeigt, ob das
neue verwendet wird.`,
	domains: `Zertifikate, die Ihre Regeln für Domains nennen, laufen ab, und keines derselben
Regel gilt länger. Danach geht nicht mehr hinaus, was dorthin verschlüsselt
werden muss.`,
	domainsRemedy: `Was zu tun ist: Bitten Sie den dortigen Administrator um das neue Zertifikat
seines Gateways, tragen Sie die Datei unter "certificate" der [[rule]] ein, und
laden Sie neu.`,
	others: `Zertifikate von Korrespondenten laufen ab, und ein neueres ist nicht bekannt.
Danach kann an sie nicht mehr verschlüsselt werden, und was verschlüsselt
werden muss, geht nicht hinaus.`,
	othersRemedy: `Was zu tun ist: Die meisten erneuern von selbst, und ihre nächste signierte
Mail bringt das neue Zertifikat mit. Wo verschlüsselt werden muss, bitten Sie
um eine signierte Mail oder um das neue Zertifikat, das
"sealgate cert import DATEI" einliest. Jedes dieser Zertifikate wird Ihnen
einmal gemeldet.`,
	why: `Diese Mail hat ein Programm geschickt; Antworten liest niemand. Sie geht an die
Adressen unter "to" in [alerts] der Konfiguration von sealgate, 30, 14, 7 und 1
Tage bevor das Zertifikat eines Postfachs oder einer Regel abläuft, und wenn es
abgelaufen ist.`,
	ended:     "abgelaufen am %s",
	endsToday: "läuft am %s ab, innerhalb eines Tages",
	endsLater: "läuft am %s ab, in %d Tagen",
	issuer:    "Ausgestellt von",
	file:      "Datei",
	date:      "02.01.2006",
}

package page

// This file has what the page says, in both languages.

import (
	"fmt"
	"strconv"
	"strings"
)

// words are one text in each language.
type words struct{ en, de string }

// layouts are how times are written.
var layouts = map[Language]struct{ time, day, hour string }{
	English: {time: "2 Jan 2006, 15:04", day: "2 Jan", hour: "15:04"},
	German:  {time: "02.01.2006, 15:04", day: "02.01.", hour: "15:04"},
}

// text is what a key says. Without a text the key itself stands there, and a test fails.
func text(l Language, key string, values ...any) string {
	w, ok := texts[key]
	format := w.en
	if l == German {
		format = w.de
	}
	if !ok {
		return key
	}
	if len(values) == 0 {
		return format
	}
	return fmt.Sprintf(format, values...)
}

// number writes a number with the separator of the language between its thousands.
func number(l Language, n int) string {
	separator := ","
	if l == German {
		separator = "."
	}
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + separator + digits[at:]
	}
	return strings.Replace(digits, "-"+separator, "-", 1)
}

var texts = map[string]words{
	"title.login":    {"Log in", "Anmelden"},
	"title.fault":    {"Not possible", "Nicht möglich"},
	"title.overview": {"Overview", "Übersicht"},

	"nav.label":    {"Main", "Hauptnavigation"},
	"nav.skip":     {"To the content", "Zum Inhalt"},
	"nav.language": {"Language", "Sprache"},
	"nav.logout":   {"Log out", "Abmelden"},
	"nav.logged":   {"Logged in as %s", "Angemeldet als %s"},
	"foot.zone":    {"Times are those of the gateway.", "Zeiten sind die des Gateways."},
	"nav.loggedby": {"%s, by the reverse proxy", "%s, über den Reverse-Proxy"},
	"login.name":   {"Name", "Name"},
	"login.pass":   {"Password", "Passwort"},
	"login.submit": {"Log in", "Anmelden"},
	"login.wrong":  {"Name or password is wrong.", "Name oder Passwort ist falsch."},
	"login.wait":   {"Too many attempts. Try again in a minute.", "Zu viele Versuche. In einer Minute geht es wieder."},
	"login.what": {
		"The admins of this mail gateway log in here.",
		"Hier melden sich die Administratoren dieses Mail-Gateways an.",
	},
	"fault.missing": {"There is no such page.", "Diese Seite gibt es nicht."},
	"fault.host": {
		"The page is not served under this host name. An admin adds the name to hosts in [admin].",
		"Unter diesem Rechnernamen wird die Seite nicht ausgeliefert. Der Name gehört in hosts unter [admin].",
	},
	"fault.origin": {
		"This request was sent by another site's page. Nothing was changed.",
		"Diese Anfrage kam von der Seite einer anderen Website. Es wurde nichts geändert.",
	},
	"fault.back": {"To the overview", "Zur Übersicht"},

	"overview.attention": {"Needs attention", "Zu tun"},
	"overview.calm":      {"Nothing needs attention.", "Es liegt nichts an."},
	"overview.mails":     {"Mails by result", "Mails nach Ergebnis"},
	"overview.uncounted": {
		"The journal cannot be counted now. The cause stands in the gateway's log.",
		"Das Journal lässt sich gerade nicht auszählen. Die Ursache steht im Protokoll des Gateways.",
	},
	"overview.none":  {"No mail passed in this time.", "In dieser Zeit ging keine Mail durch."},
	"overview.table": {"The numbers as a table", "Die Zahlen als Tabelle"},
	"overview.begin": {"From", "Ab"},
	"overview.total": {"All", "Alle"},
	"overview.chart": {"%s mails, %s to %s", "%s Mails, %s bis %s"},
	"overview.bar":   {"%s: %s, %s", "%s: %s, %s"},

	"period.label": {"Time shown", "Zeitraum"},
	"period.day":   {"24 hours", "24 Stunden"},
	"period.week":  {"7 days", "7 Tage"},
	"period.month": {"30 days", "30 Tage"},

	"outcome.secured":     {"Accepted, S/MIME", "Angenommen, S/MIME"},
	"outcome.plain":       {"Accepted, no S/MIME", "Angenommen, ohne S/MIME"},
	"outcome.quarantined": {"On hold", "Zurückgehalten"},
	"outcome.deferred":    {"Deferred", "Aufgeschoben"},
	"outcome.rejected":    {"Rejected", "Abgewiesen"},
	"outcome.failed":      {"Our own fault", "Eigener Fehler"},

	"attention.key":           {"Key", "Schlüssel"},
	"attention.pending":       {"Certificates that wait", "Wartende Zertifikate"},
	"attention.pending.count": {"%s to decide", "%s zu entscheiden"},
	"attention.not_ready":     {"Not ready", "Nicht bereit"},
	"attention.clear_replies": {"Clear replies to encrypted mail", "Antworten im Klartext auf verschlüsselte Mail"},
	"attention.clear.count":   {"%s since the start", "%s seit dem Start"},

	"ready.store":    {"Store", "Speicher"},
	"ready.disk":     {"Disk", "Platte"},
	"ready.reload":   {"Configuration not loaded", "Konfiguration nicht geladen"},
	"ready.next hop": {"Next hop", "Nächste Station"},
	"ready.keys":     {"Keys", "Schlüssel"},
}

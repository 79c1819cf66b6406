package page

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealgate/certstore"
	"sealgate/internal/certfile"
)

// inSample is a browser of somebody who has logged in to a sample.
func inSample(t *testing.T, isHostile bool) (*browser, *sample) {
	t.Helper()
	o := testOptions(newClock())
	s := newSample(o.Now(), isHostile)
	o.Gateway = s.gateway()
	o.Gateway.MaxMessage = 1 << 20
	b := newBrowser(t, New(o))
	b.login(testName, testPassword)
	return b, s
}

// everyPage are the addresses of all pages, of the last certificate and the last message.
func everyPage(s *sample) []string {
	last := s.certificates[len(s.certificates)-1].Fingerprint
	return []string{
		"/", "/?period=week", "/?period=month", "/mailboxes", "/certificates", "/certificates?state=pending", "/certificates/" + last,
		"/certificates/import", "/messages", "/messages/" + moment(s.records[len(s.records)-1].Time), "/try", "/audit", "/missing",
	}
}

// form sends one with a file.
func (b *browser) form(path, file, name string, content []byte, fields ...string) (*http.Response, string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		w.WriteField(fields[i], fields[i+1])
	}
	part, err := w.CreateFormFile(file, name)
	if err != nil {
		b.t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	r, err := http.NewRequest(http.MethodPost, b.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// TestXSS: markup in certificates, in mails, in what somebody types or drops stands there as text.
func TestXSS(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, true)
	look := func(what, body string) {
		t.Helper()
		for _, bad := range []string{"<script", "<img", "onerror=alert(2)>", "</textarea>", "ZgotmplZ"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s", what, bad)
			}
		}
	}
	shown := 0
	for _, path := range everyPage(s) {
		answer, body := b.get(path)
		look(path, body)
		shown += strings.Count(body, "alert(1)")
		if answer.StatusCode >= 500 {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if shown < 20 {
		t.Errorf("only %d hostile texts were shown", shown)
	}
	asked := url.QueryEscape(hostile)
	for _, path := range []string{
		"/certificates?search=" + asked + "&state=" + asked + "&cursor=" + asked + "&done=" + asked, "/messages?address=" + asked + "&since=" + asked,
		"/messages?verdict=" + asked + "&queue_id=" + asked, "/audit?address=" + asked, "/?period=" + asked, "/login?next=" + asked, "/" + asked,
	} {
		_, body := b.get(path)
		look(path, body)
	}
	_, body := b.post("/try", url.Values{"from": {hostile + "@x"}, "to": {hostile}})
	look("/try", body)
	_, body = b.form("/certificates", "file", hostile, []byte("data"), "password", hostile)
	look("/certificates", body)
	_, body = b.form("/try/explain", "message", hostile, []byte("data"), "recipient", "support@firma.example")
	look("/try/explain", body)
	_, body = b.form("/try/explain", "message", hostile, []byte("data"), "recipient", hostile)
	look("/try/explain", body)
	_, body = b.post("/login", url.Values{"name": {hostile}, "password": {hostile}, "next": {hostile}})
	look("/login", body)
}

// TestEveryPageNeedsLogin: who has not logged in learns nothing and changes nothing.
func TestEveryPageNeedsLogin(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	b.post("/logout", nil)
	for _, path := range append(everyPage(s), "/certificates/"+fingerprintOf(0)+"/export") {
		answer, body := b.get(path)
		if answer.StatusCode != http.StatusSeeOther || strings.Contains(body, "example") {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	b.post("/certificates/"+fingerprintOf(0), url.Values{"decision": {"approve"}})
	b.form("/certificates", "file", "x.pem", []byte("data"))
	b.form("/try/explain", "message", "x.eml", []byte("data"), "recipient", "support@firma.example")
	if len(s.changes) > 0 || len(s.imported) > 0 || s.explained != nil {
		t.Error("a stranger has changed something")
	}
}

// TestDecide: a decision is carried out under the admin's name, once; what is decided already is
// said; another site's form decides nothing.
func TestDecide(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	path := "/certificates/" + fingerprintOf(0)
	r := b.request(http.MethodPost, path, url.Values{"decision": {"approve"}})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.do(r); s.certificates[0].State != certstore.Pending {
		t.Fatal("another site has decided")
	}
	answer, _ := b.get(path + "?decision=approve")
	if answer.StatusCode != http.StatusOK || s.certificates[0].State != certstore.Pending {
		t.Fatal("something was decided by GET")
	}
	answer, _ = b.post(path, url.Values{"decision": {"approve"}})
	if answer.Header.Get("Location") != path+"?done=approve" || s.certificates[0].State != certstore.Active {
		t.Fatalf("%s, %s", answer.Status, s.certificates[0].State)
	}
	if c := s.changes[0]; c.By != "admin "+testName || c.What != "approve" {
		t.Errorf("%+v", c)
	}
	_, body := b.get(path + "?done=approve")
	if !strings.Contains(body, "Approved.") || !strings.Contains(body, "admin "+testName) {
		t.Error("nothing is said of it")
	}
	for decision, status := range map[string]int{"approve": http.StatusConflict, "": http.StatusBadRequest, "forge": http.StatusBadRequest} {
		if answer, _ := b.post(path, url.Values{"decision": {decision}}); answer.StatusCode != status {
			t.Errorf("%q: %s", decision, answer.Status)
		}
	}
	if answer, _ := b.post("/certificates/"+fingerprintOf(1000), url.Values{"decision": {"block"}}); answer.StatusCode != http.StatusNotFound {
		t.Errorf("of nothing: %s", answer.Status)
	}
	_, body = b.get(path)
	s.certificates[0].State = certstore.Blocked // by somebody else, while the page is read
	for _, field := range regexp.MustCompile(`name="seen" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		answer, body := b.post(path, url.Values{"decision": {"delete"}, "seen": {field[1]}})
		if answer.StatusCode != http.StatusConflict || !strings.Contains(body, "somebody else has decided") {
			t.Errorf("a block that was not seen: %s", answer.Status)
		}
	}
	if answer, _ := b.post(path, url.Values{"decision": {"delete"}}); answer.StatusCode != http.StatusConflict {
		t.Errorf("a blocked one without a word of it: %s", answer.Status)
	}
	answer, _ = b.post(path, url.Values{"decision": {"delete"}, "seen": {"blocked"}})
	if answer.Header.Get("Location") != "/certificates?done=delete" {
		t.Errorf("%s", answer.Header.Get("Location"))
	}
	if answer, _ := b.post("/certificates/"+fingerprintOf(1), url.Values{"decision": {"delete"}}); answer.Header.Get("Location") != "/certificates?done=delete" {
		t.Errorf("%s", answer.Header.Get("Location"))
	}
}

// TestImport: a file is handed on with its password; what is none, and what is too large, is said.
func TestImport(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	answer, body := b.form("/certificates", "file", "all.p12", []byte("data"), "password", "secret")
	if answer.StatusCode != http.StatusOK || !strings.Contains(body, "1 new") || len(s.imported) != 1 {
		t.Fatalf("%s, %d", answer.Status, len(s.imported))
	}
	if f := s.imported[0]; f.Name != "all.p12" || string(f.Data) != "data" || string(f.Password) != "secret" {
		t.Errorf("%+v", f)
	}
	for content, status := range map[string]int{"nothing": http.StatusBadRequest, "": http.StatusBadRequest} {
		if answer, _ := b.form("/certificates", "file", "x", []byte(content)); answer.StatusCode != status {
			t.Errorf("%q: %s", content, answer.Status)
		}
	}
	if answer, _ := b.post("/certificates", url.Values{"file": {"data"}}); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("without a file: %s", answer.Status)
	}
	if answer, _ := b.form("/certificates", "file", "x", make([]byte, certfile.MaxSize)); answer.StatusCode != http.StatusOK {
		t.Errorf("the largest: %s", answer.Status)
	}
	if answer, _ := b.form("/certificates", "file", "x", make([]byte, certfile.MaxSize+1)); answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("one octet more: %s", answer.Status)
	}
	if answer, _ := b.form("/certificates", "file", "x", []byte("data"), "password", strings.Repeat("a", 4096)); answer.StatusCode != http.StatusOK {
		t.Errorf("the longest password: %s", answer.Status)
	}
	if answer, _ := b.form("/certificates", "file", "x", []byte("data"), "password", strings.Repeat("a", 4097)); answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("one octet more: %s", answer.Status)
	}
}

// TestExport: the file is a PEM of that name, whatever the certificate says.
func TestExport(t *testing.T) {
	t.Parallel()
	b, _ := inSample(t, true)
	answer, body := b.get("/certificates/" + fingerprintOf(5) + "/export")
	want := fmt.Sprintf("attachment; filename=%q", fingerprintOf(5)[:16]+".pem")
	if answer.Header.Get("Content-Disposition") != want || !strings.HasPrefix(body, "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("%v", answer.Header)
	}
}

// TestMessages: the filter asks the journal, and a page leads to the older ones.
func TestMessages(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	_, body := b.get("/messages")
	if n := strings.Count(body, `<th scope="row"`); n != messagesShown {
		t.Errorf("%d messages", n)
	}
	oldest := s.records[len(s.records)-messagesShown]
	if !strings.Contains(body, "before="+moment(oldest.Time)) {
		t.Error("there is no way to the older ones")
	}
	_, body = b.get("/messages?verdict=quarantined")
	if n := strings.Count(body, `result-quarantined`); n == 0 || n != strings.Count(body, `<th scope="row"`) {
		t.Errorf("%d on hold", n)
	}
	day := s.now.Format(dayLayout)
	_, body = b.get("/messages?since=" + day + "&until=" + day + "&address=noreply@shop.example")
	if !strings.Contains(body, "noreply@shop.example") || strings.Contains(body, "<bdi>anna") {
		t.Error("the filter lets others pass")
	}
	for path, status := range map[string]int{
		"/messages?since=yesterday": http.StatusBadRequest, "/messages?until=2026-13-01": http.StatusBadRequest, "/messages?before=x": http.StatusBadRequest,
		"/messages/x": http.StatusNotFound, "/messages/1": http.StatusNotFound, "/messages/99999999999999999999": http.StatusNotFound,
		"/audit?before=x": http.StatusBadRequest, "/certificates?search=impossible": http.StatusOK, "/certificates/..%2f..%2fetc": http.StatusNotFound,
	} {
		if answer, _ := b.get(path); answer.StatusCode != status {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
}

// TestTry: a mail is asked for as the helpdesk does, and a dropped one is explained for its recipient.
func TestTry(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	_, body := b.post("/try", url.Values{"from": {"support@firma.example"}, "to": {"anna.berger@kunde.example, new@kunde.example"}})
	for _, part := range []string{"anna.berger@kunde.example", "ask for a signed mail", "happens without an order", "550"} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing", part)
		}
	}
	if answer, body := b.post("/try", url.Values{"from": {"nobody"}, "to": {"x"}}); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "no address") {
		t.Errorf("%s", answer.Status)
	}
	_, body = b.form("/try/explain", "message", "a.eml", []byte("From: a\n\nb"), "recipient", "support@firma.example")
	if !strings.Contains(body, "signed-detached") || string(s.explained) != "From: a\n\nb" {
		t.Errorf("%q", s.explained)
	}
	if answer, _ := b.form("/try/explain", "message", "a.eml", nil, "recipient", "eve@kunde.example"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("another's: %s", answer.Status)
	}
	for octets, status := range map[int]int{1 << 20: http.StatusOK, 1<<20 + 1: http.StatusRequestEntityTooLarge} {
		answer, _ := b.form("/try/explain", "message", "a.eml", make([]byte, octets), "recipient", "support@firma.example")
		if answer.StatusCode != status {
			t.Errorf("a message of %d octets: %s", octets, answer.Status)
		}
	}
}

// TestTryIsNoOracle: whoever is logged in cannot try ciphertexts one after the other.
func TestTryIsNoOracle(t *testing.T) {
	t.Parallel()
	b, _ := inSample(t, false)
	statuses := map[int]int{}
	for range 100 {
		answer, _ := b.form("/try/explain", "message", "a.eml", []byte("From: a\n\nb"), "recipient", "support@firma.example")
		statuses[answer.StatusCode]++
	}
	explained := statuses[http.StatusOK]
	if explained < 5 || explained > 20 || statuses[http.StatusTooManyRequests] != 100-explained {
		t.Errorf("%v", statuses)
	}
}

// TestOneImport: while the API or the page holds a file in memory, the page takes no other.
func TestOneImport(t *testing.T) {
	t.Parallel()
	o := testOptions(newClock())
	s := newSample(o.Now(), false)
	o.Gateway = s.gateway()
	b := newBrowser(t, New(o))
	b.login(testName, testPassword)
	o.Gateway.Importing.Lock()
	answer, body := b.form("/certificates", "file", "all.p12", []byte("data"))
	if answer.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "Another file") || len(s.imported) != 0 {
		t.Errorf("a second file: %s, %d imported", answer.Status, len(s.imported))
	}
	o.Gateway.Importing.Unlock()
	for range 2 { // the first lets the second in
		if answer, _ := b.form("/certificates", "file", "all.p12", []byte("data")); answer.StatusCode != http.StatusOK {
			t.Errorf("the next file: %s", answer.Status)
		}
	}
}

// TestMethods: what changes something is not asked by GET.
func TestMethods(t *testing.T) {
	t.Parallel()
	b, s := inSample(t, false)
	for _, path := range []string{"/logout", "/language", "/try/explain"} {
		if answer, _ := b.get(path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if !b.isIn() || len(s.changes) > 0 {
		t.Error("something was changed by GET")
	}
}

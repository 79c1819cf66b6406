package config

import (
	"testing"
	"time"
)

// TestPartnerUntil: a day is the same day wherever the gateway stands, as TOML's own date or
// as a string; roots are not needed beside it.
func TestPartnerUntil(t *testing.T) {
	here := time.Local
	t.Cleanup(func() { time.Local = here })
	want := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	for _, hours := range []int{-12, 0, 14} {
		time.Local = time.FixedZone("", hours*3600)
		for _, day := range []string{"2027-06-30", `"2027-06-30"`} {
			c, err := Parse("[[trust.partner]]\ndomain = \"@Bank.example\"\nsha1_until = "+day+"\n", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			p := c.Trust.Partner[0]
			if p.Domain != "bank.example" || !time.Time(p.SHA1Until).Equal(want) || len(p.Roots) > 0 {
				t.Errorf("%s, %d hours from UTC: %+v, %s", day, hours, p, time.Time(p.SHA1Until))
			}
		}
	}
}

package words

import "testing"

type colour string

func TestSet(t *testing.T) {
	var c colour
	if err := Set(&c, []byte("red"), "red", "green", "blue"); err != nil || c != "red" {
		t.Errorf("%q, %v", c, err)
	}
	for _, text := range []string{"", "Red", "yellow"} {
		err := Set(&c, []byte(text), "red", "green", "blue")
		if err == nil || c != "red" {
			t.Errorf("%q: %q, %v", text, c, err)
		}
	}
	want := `"yellow": there are "red", "green" and "blue"`
	if err := Check[colour]("yellow", "red", "green", "blue"); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if err := Check[colour](""); err == nil {
		t.Error("a word that nobody has set is known")
	}
}

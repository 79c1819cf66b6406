package trust

import "testing"

// TestForgottenAnswerIsNoNo: who makes a Result or an Answered without a word on who
// has answered has nobody's word.
func TestForgottenAnswerIsNoNo(t *testing.T) {
	if (Result{Status: Untrusted}).Answered.All() || (Answered{}).And(AllAnswered()).All() || AllAnswered().And(Answered{}).All() || NotAnswered().All() {
		t.Error("a zero value is everybody's word")
	}
	if !AllAnswered().And(AllAnswered()).All() {
		t.Error("everybody has answered")
	}
}

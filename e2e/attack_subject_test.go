package e2e

// This file tries to read a hidden Subject outside of what was encrypted.

import (
	"strings"
	"testing"
)

const (
	hiddenWords  = "TOPSECRET offer"
	hidesSubject = "[outbound]\nheader_protection = \"hide-subject\"\n"
)

// arrivesHidden waits for a mail by its Message-ID: sealed, with the true Subject for
// its reader alone.
func (s *site) arrivesHidden(id string) (inner string) {
	s.t.Helper()
	text := s.arrival(id).Text
	if strings.Contains(text, hiddenWords) || field(s.t, text, "Subject") != "[...]" {
		s.t.Errorf("%s: the Subject can be read outside:\n%s", id, text)
	}
	return s.opened(text, "anna")
}

// TestSubjectOfSignedMailIsHidden: a mail that its author has signed himself hides its
// Subject as any other, and the true one stands under a signature inside.
func TestSubjectOfSignedMailIsHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{config: hidesSubject})
	s.learn("anna", "anna@kunde.example")
	head := "From: support@firma.example\nTo: anna@kunde.example\nSubject: " + hiddenWords + "\nMessage-ID: <signed-already@firma.example>\nMIME-Version: 1.0\n" + bothOrders
	s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, withHeader(head, s.signed("support", textEntity))))
	inner := s.verified(s.arrivesHidden("signed-already@firma.example"))
	if !strings.Contains(inner, secret) || !strings.Contains(inner, "Subject: "+hiddenWords) {
		t.Errorf("under the signature:\n%s", inner)
	}
}

// TestReplyToSeveralStaysHidden: one of the mails that a reply refers to had hidden its
// Subject, and another one, which stands first, had not.
func TestReplyToSeveralStaysHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	for id, outer := range map[string]string{"shown": hiddenWords, "hidden": "[...]"} {
		entity := "From: anna@kunde.example\nSubject: " + hiddenWords + "\nHP-Outer: Subject: " + outer + "\nContent-Type: text/plain; hp=\"cipher\"\n\n" + secret + "\n"
		head := "From: anna@kunde.example\nTo: support@firma.example\nSubject: " + outer + "\nMessage-ID: <" + id + "@kunde.example>\nMIME-Version: 1.0\n"
		s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, withHeader(head, s.sealed(entity, []string{"support"}))))
		if text := s.arrival(id + "@kunde.example").Text; !strings.Contains(text, secret) || field(t, text, "Subject") != hiddenWords {
			t.Fatalf("%s was not decrypted:\n%s", id, text)
		}
	}
	head := "From: support@firma.example\nTo: anna@kunde.example\nSubject: Re: " + hiddenWords + "\nMessage-ID: <reply@firma.example>\n" +
		"In-Reply-To: <shown@kunde.example>\nReferences: <hidden@kunde.example> <shown@kunde.example>\nMIME-Version: 1.0\n"
	s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, head+textEntity))
	if inner := s.arrivesHidden("reply@firma.example"); !strings.Contains(inner, secret) || !strings.Contains(inner, "Re: "+hiddenWords) {
		t.Errorf("inside:\n%s", inner)
	}
}

package gateway

// This file says how strongly signing and encryption are asked for.

import (
	"fmt"
)

// Strength is how strongly an operation is asked for; the strongest wins.
type Strength int

// The strengths. Unset is weaker than No: it says that nobody spoke.
const (
	Unset Strength = iota
	No
	IfPossible
	Yes
)

// UnmarshalText reads a Strength as configuration writes it: "off" says what "no" says,
// and "" nothing.
func (s *Strength) UnmarshalText(text []byte) error {
	switch string(text) {
	case "":
		*s = Unset
		return nil
	case "off":
		*s = No
		return nil
	}
	v, ok := orderedStrength(string(text))
	if !ok {
		return fmt.Errorf("%q: there are \"yes\", \"if-possible\" and \"no\"", text)
	}
	*s = v
	return nil
}

// orderedStrength reads the value of an order.
func orderedStrength(value string) (Strength, bool) {
	switch value {
	case "no":
		return No, true
	case "if-possible":
		return IfPossible, true
	case "yes":
		return Yes, true
	}
	return Unset, false
}

// word is how an order, or the configuration, writes it; "" for Unset.
func (s Strength) word() string {
	return map[Strength]string{No: "no", IfPossible: "if-possible", Yes: "yes"}[s]
}

// Demand is what one source asks for.
type Demand struct{ Sign, Encrypt Strength }

// strongest combines two demands per operation.
func (d Demand) strongest(e Demand) Demand {
	return Demand{Sign: max(d.Sign, e.Sign), Encrypt: max(d.Encrypt, e.Encrypt)}
}

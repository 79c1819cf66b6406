package gateway

// This file is the table of all refusals: a token for programs, and the SMTP codes.

// Token names a cause of refusal for programs; it stands in brackets before the sentence
// and does not change.
type Token string

// The tokens.
const (
	TokenNoCertificate Token = "SG-NOCERT"
	TokenReplyInClear  Token = "SG-REPLY"
	TokenForward       Token = "SG-FORWARD"
	TokenContains      Token = "SG-CONTAINS"
	TokenAutomatic     Token = "SG-AUTOREPLY"
	TokenNoKey         Token = "SG-NOKEY"
	TokenMayNotOrder   Token = "SG-NOTALLOWED"
	TokenMayNotSign    Token = "SG-NOTALLOWED-SIGN"
	TokenWrongUser     Token = "SG-USER"
	TokenWrongService  Token = "SG-SERVICE"
	TokenOrder         Token = "SG-ORDER"
	TokenHiddenOrder   Token = "SG-ORDER-HIDDEN"
	TokenLostOrder     Token = "SG-ORDER-LOST"
	TokenFrom          Token = "SG-FROM"
	TokenHeader        Token = "SG-HEADER"
	TokenFields        Token = "SG-FIELDS"
	TokenMalformed     Token = "SG-MALFORMED"
	TokenRouted        Token = "SG-ROUTED"
	TokenRoutedCipher  Token = "SG-ROUTED-ENCRYPT"
	TokenEncrypted     Token = "SG-ENCRYPTED"
	TokenBcc           Token = "SG-BCC"
	TokenMixed         Token = "SG-MIXED"
	TokenSize          Token = "SG-SIZE"
	TokenSilent        Token = "SG-LOOKUP"
	TokenSilentSource  Token = "SG-LOOKUP-SOURCE"
	TokenPolicy        Token = "SG-POLICY"
	TokenPolicyLater   Token = "SG-POLICY-LATER"
	TokenPolicyHold    Token = "SG-POLICY-HOLD"
)

// replyCode is an SMTP code and its enhanced one.
type replyCode struct {
	code     int
	enhanced string
}

// replyCodes are the codes of each refusal (RFC 5321 §4.2.3, RFC 3463).
var replyCodes = map[Token]replyCode{
	TokenNoCertificate: {550, "5.7.1"},
	TokenReplyInClear:  {550, "5.7.1"},
	TokenForward:       {550, "5.7.1"},
	TokenContains:      {550, "5.7.1"},
	TokenAutomatic:     {550, "5.7.1"},
	TokenNoKey:         {550, "5.7.1"},
	TokenMayNotOrder:   {550, "5.7.1"},
	TokenMayNotSign:    {550, "5.7.1"},
	TokenWrongUser:     {550, "5.7.1"},
	TokenWrongService:  {550, "5.7.1"},
	TokenOrder:         {550, "5.7.1"},
	TokenHiddenOrder:   {550, "5.7.1"},
	TokenLostOrder:     {550, "5.7.1"},
	TokenFrom:          {554, "5.6.0"},
	TokenHeader:        {554, "5.6.0"},
	TokenFields:        {554, "5.6.0"},
	TokenMalformed:     {554, "5.6.0"},
	TokenRouted:        {550, "5.1.3"},
	TokenRoutedCipher:  {550, "5.1.3"},
	TokenEncrypted:     {550, "5.7.1"},
	TokenBcc:           {550, "5.7.1"},
	TokenMixed:         {550, "5.7.1"},
	TokenSize:          {552, "5.3.4"},
	TokenSilent:        {451, "4.3.0"},
	TokenSilentSource:  {451, "4.3.0"},
	TokenPolicy:        {550, "5.7.1"},
	TokenPolicyLater:   {451, "4.7.1"},
	TokenPolicyHold:    {451, "4.7.1"},
}

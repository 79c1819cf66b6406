// How Thunderbird starts for readersthunderbird_test.go: without a question to anybody, and without
// a word to the net.
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("network.dns.disabled", true);
user_pref("security.OCSP.enabled", 0);
user_pref("marionette.port", 0);

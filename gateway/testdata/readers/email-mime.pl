# Reads mails with Email::MIME: one JSON object a line.

use strict;
use warnings;
use Email::MIME;
use JSON::PP;
use MIME::Base64;

sub leaves {
    my ($part) = @_;
    my ($type) = split /;/, $part->content_type || 'text/plain';
    return leaves(Email::MIME->new($part->body)) if lc $type eq 'message/rfc822';
    return map { leaves($_) } $part->subparts if $part->subparts;
    my $name = $part->filename;
    return [lc $type, defined $name ? $name : '', encode_base64($part->body, '')];
}

for my $path (@ARGV) {
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    my $mail = Email::MIME->new(scalar <$file>);
    print JSON::PP->new->ascii->encode({ file => $path, leaves => [leaves($mail)] }), "\n";
}

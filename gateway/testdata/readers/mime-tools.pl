# Reads mails with MIME::Tools, as RT, OTOBO and Znuny do: one JSON object a line.

use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use MIME::Parser;

my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);

sub leaves {
    my ($entity) = @_;
    return map { leaves($_) } $entity->parts if $entity->parts;
    my $body = $entity->bodyhandle;
    my $name = $entity->head->recommended_filename;
    return [$entity->mime_type, defined $name ? $name : '', encode_base64(defined $body ? $body->as_string : '', '')];
}

for my $path (@ARGV) {
    print JSON::PP->new->ascii->encode({ file => $path, leaves => [leaves($parser->parse_open($path))] }), "\n";
}

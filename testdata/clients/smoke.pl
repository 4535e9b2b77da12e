# DBD::mysql reads the same values.
use strict;
use warnings;
use utf8;
use DBI;
use FindBin;

binmode STDERR, ":utf8";
open(my $file, "<:encoding(UTF-8)", "$FindBin::Bin/values.sql") or die $!;
my $query = join "", <$file>;
my @values = ("1", "-9223372036854775808", "18446744073709551615", "1.50", "0.1", "häß€😀", "2024-02-29", "2024-02-29 01:02:03.123456", "06:03:04",
    undef, "\x00\xff", '{"a": 1}');
my $failed = 0;

sub same {
    my ($got, $want) = map { join "|", map { $_ // "NULL" } @$_ } @_;
    die "$got, not $want\n" if $got ne $want;
}

for my $options ("", ";mysql_server_prepare=1", ";mysql_compression=1") {
    for my $account (["root", "sesame"], ["sha", "secret"]) {
        eval {
            my $c = DBI->connect("DBI:mysql:database=clients;host=$ENV{SILOGATE_HOST};port=$ENV{SILOGATE_PORT}$options", @$account,
                { RaiseError => 1, PrintError => 0, mysql_enable_utf8mb4 => 1 });
            same([$c->selectrow_array($query)], \@values);
            same([$c->selectrow_array("SELECT ?, ?", undef, 150, "ä")], [150, "ä"]);
            same([scalar @{ $c->selectall_arrayref("SELECT id FROM orders WHERE id < ?", undef, 400) }], [399]);
            same([$c->tables], ["`clients`.`orders`"]);
            eval { $c->do("SELECT nope FROM orders") };
            same([$c->err, $c->state], [1054, "42S22"]);
        };
        if ($@) {
            $failed = 1;
            print STDERR "DBD::mysql as $account->[0]$options: $@";
        }
    }
}
exit $failed;

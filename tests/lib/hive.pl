#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# hive.pl FILE [NAME=VALUE…]: a registry hive such as Windows' SOFTWARE, with these in
# Microsoft\Windows NT\CurrentVersion among many other keys and values.  libhivex makes all of
# it but the empty hive that it begins with.
use strict;
use warnings;
use Encode;
use Win::Hivex;

my ($path, @values) = @ARGV;

# An empty hive: the base block, and one bin with the key at the top, its security, and a free
# cell.
my $bin_size = 4096;
my $key = pack ("l< a2 v", -96, "nk", 0x2c) . pack ("V2 V2", 0, 0, 0, 0) . pack ("V10", 0, 0, 0xffffffff, 0xffffffff,
  0, 0xffffffff, 128, 0xffffffff, 0, 0) . pack ("V3 v2 a4", 0, 0, 0, 4, 0, "ROOT");
my $security = pack ("l< a2 v V4", -48, "sk", 0, 128, 128, 1, 20) . pack ("C2 v V4", 1, 0, 0x8000, 0, 0, 0, 0);
my $cells = pack ("a96 a48", $key, $security);
my $free = $bin_size - 32 - length ($cells);
my $bin = pack ("a4 V2 V5", "hbin", 0, $bin_size, 0, 0, 0, 0, 0) . $cells . pack ("l<", $free) . "\0" x ($free - 4);
my $base = pack ("a4 V2 V2 V4 V3", "regf", 1, 1, 0, 0, 1, 3, 0, 1, 32, $bin_size, 1);
$base .= "\0" x (508 - length ($base));
my $sum = 0;
$sum ^= $_ for unpack ("V127", $base);
$base .= pack ("V", $sum);
open (my $out, ">:raw", $path) or die "$path: $!\n";
print $out $base, "\0" x (4096 - length ($base)), $bin;
close ($out) or die "$path: $!\n";

my $hive = Win::Hivex->open ($path, write => 1);
sub string { my ($name, $text) = @_; return { key => $name, t => 1, value => encode ("UTF-16LE", $text . "\0") } }
my $microsoft = $hive->node_add_child ($hive->root (), "Microsoft");
for my $number (1 .. 400) {
  my $other = $hive->node_add_child ($microsoft, "Component $number");
  $hive->node_set_values ($other, [map { string ("Setting $_", "of component $number " . "x" x 400) } 1 .. 8]);
}
my $nt = $hive->node_add_child ($microsoft, "Windows NT");
my $version = $hive->node_add_child ($nt, "CurrentVersion");
$hive->node_set_values ($version, [{ key => "DigitalProductId", t => 3, value => "\xa4" x 164 },
  { key => "InstallDate", t => 4, value => pack ("V", 1600000000) },
  string ("ProductNames", "not this one"), map { string (split (/=/, $_, 2)) } @values]);
$hive->commit (undef);

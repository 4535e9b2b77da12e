package kernel

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// wrongUUID is errno 1411 of a UUID function.
func wrongUUID(value []byte, function string) error {
	return sqlerr.New(sqlerr.WrongValue, "Incorrect string value: '%s' for function %s", value, function)
}

func wrongAddress(r *Row, function string) {
	r.Warn(warnWrongString, "Incorrect string value: '"+string(r.Text(0))+"' for function "+function)
}

// InetAton computes INET_ATON(text): the last of fewer than four numbers stands at the end. NULL with a warning for what is no
// address.
func InetAton(r *Row) (int64, bool) {
	parts := strings.Split(string(r.Text(0)), ".")
	var v int64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil || len(parts) > 4 || len(p) > 3 {
			wrongAddress(r, "inet_aton")
			return 0, false
		}
		if i == len(parts)-1 && len(parts) > 1 {
			v <<= 8 * (4 - len(parts))
		}
		v = v<<8 | int64(n)
	}
	return v, true
}

// InetNtoa computes INET_NTOA(number).
func InetNtoa(r *Row, dst []byte) ([]byte, bool) {
	v := r.Int(0)
	if v < 0 || v > 1<<32-1 {
		r.Warn(warnWrongString, "Incorrect integer value: '"+strconv.FormatInt(v, 10)+"' for function inet_ntoa")
		return dst, false
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(v)))).AppendTo(dst), true
}

// parseAddress reads an IPv4 or IPv6 address without a zone.
func parseAddress(s []byte) (netip.Addr, bool) {
	a, err := netip.ParseAddr(string(s))
	return a, err == nil && a.Zone() == ""
}

// Inet6Aton computes INET6_ATON(text): 4 or 16 bytes.
func Inet6Aton(r *Row, dst []byte) ([]byte, bool) {
	a, ok := parseAddress(r.Text(0))
	if !ok {
		wrongAddress(r, "inet6_aton")
		return dst, false
	}
	return append(dst, a.AsSlice()...), true
}

// Inet6Ntoa computes INET6_NTOA(bytes).
func Inet6Ntoa(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	a, ok := netip.AddrFromSlice(s)
	if !ok {
		wrongAddress(r, "inet6_ntoa")
		return dst, false
	}
	if compatible(s) {
		return netip.AddrFrom4([4]byte(s[12:])).AppendTo(append(dst, "::"...)), true
	}
	return a.AppendTo(dst), true
}

// IsIPv4 computes IS_IPV4(text), of NULL 0. It is lenient, as the others here.
func IsIPv4(r *Row) (int64, bool) {
	a, ok := parseAddress(textOrNone(r))
	return int64(b2u(ok && a.Is4())), true
}

// IsIPv6 computes IS_IPV6(text).
func IsIPv6(r *Row) (int64, bool) {
	a, ok := parseAddress(textOrNone(r))
	return int64(b2u(ok && a.Is6())), true
}

// IsIPv4Compat computes IS_IPV4_COMPAT(bytes).
func IsIPv4Compat(r *Row) (int64, bool) { return int64(b2u(compatible(textOrNone(r)))), true }

// IsIPv4Mapped computes IS_IPV4_MAPPED(bytes).
func IsIPv4Mapped(r *Row) (int64, bool) {
	a, ok := netip.AddrFromSlice(textOrNone(r))
	return int64(b2u(ok && a.Is4In6())), true
}

func textOrNone(r *Row) []byte {
	if r.Null(0) {
		return nil
	}
	return r.Text(0)
}

// compatible reports an IPv4-compatible IPv6 address: 96 zero bits and an address that is not one of the first two.
func compatible(s []byte) bool {
	return len(s) == 16 && bytes.Equal(s[:12], make([]byte, 12)) && binary.BigEndian.Uint32(s[12:]) > 1
}

// badArguments is errno 1210.
func badArguments(function string) error {
	return sqlerr.New(sqlerr.BadArgument, "Incorrect arguments to %s", function)
}

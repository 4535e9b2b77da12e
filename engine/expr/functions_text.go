package expr

import (
	"slices"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// texts is the factory of a function of rows that makes a string of the call's type.
func texts(nulls kernel.Nulls, f func(r *kernel.Row, dst []byte) ([]byte, bool)) factory {
	return func(c *Call) kernel.Func { return kernel.TextRows(c.Typ, string(c.Func), nulls, f) }
}

// integers is the factory of a function of rows that makes an integer, truth value, date or time of the call's type.
func integers(nulls kernel.Nulls, f func(r *kernel.Row) (int64, bool)) factory {
	return func(c *Call) kernel.Func { return kernel.IntegerRows(c.Typ, nulls, f) }
}

// compared is the factory of a function of rows that compares strings of the first argument's type.
func compared(f func(t types.Type) func(r *kernel.Row) (int64, bool)) factory {
	return func(c *Call) kernel.Func { return kernel.IntegerRows(c.Typ, kernel.Strict, f(c.arg(0))) }
}

var bytesOfAnyLength = types.Of(types.Varbinary)

func stringFunctionRows() []row {
	return []row{
		{name: "ord", args: "string", min: 1, max: 1, native: true, doc: "the first character's bytes as a number", rule: takes(bigint, asText), kernel: integers(kernel.Strict, kernel.Ord)},
		{name: "bit_length", args: "string", min: 1, max: 1, native: true, doc: "bits", rule: bitLengthRule},
		{name: "char", args: "number, ...", min: 1, max: -1, doc: "bytes of numbers, without NULLs", rule: never(takes(bytesOfAnyLength, asInteger)), kernel: texts(kernel.Lenient, kernel.Chars), lenient: true},
		{name: "char_using", args: "bytes", min: 1, max: 1, doc: "text of UTF-8 bytes; NULL for others (CHAR ... USING)", rule: takes(shown(0), asText), kernel: texts(kernel.Strict, kernel.TextOfBytes)},
		{name: "elt", args: "n, string, ...", min: 2, max: -1, native: true, doc: "the n-th string, NULL if there is none", rule: eltRule},
		{name: "field", args: "a, b, ...", min: 2, max: -1, native: true, doc: "number of the first b equal to a, 0 if none", rule: fieldRule},
		{name: "interval", names: []string{"silogate_interval"}, args: "a, b, ...", min: 2, max: -1, native: true, doc: "how many of the ascending b are not above a; -1 for NULL", rule: intervalFunctionRule, lenient: true,
			kernel: func(c *Call) kernel.Func {
				if c.arg(0).Kind == types.Float64 {
					return kernel.IntegerRows(c.Typ, kernel.Lenient, kernel.IntervalDoubles)
				}
				return kernel.IntegerRows(c.Typ, kernel.Lenient, kernel.IntervalDecimals)
			}},
		{name: "find_in_set", args: "string, list", min: 2, max: 2, native: true, doc: "number of a string in a list with commas, 0 if none", rule: comparedRule(bigint), kernel: compared(kernel.FindInSet)},
		{name: "strcmp", args: "string, string", min: 2, max: 2, native: true, doc: "-1, 0 or 1 as the first sorts before, with or after the second", rule: comparedRule(bigint), kernel: compared(kernel.StrCmp)},
		{name: "weight_string", args: "string", min: 1, max: 1, native: true, doc: "the weights that it is compared by", rule: comparedRule(bytesOfAnyLength),
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "weight_string", kernel.Strict, kernel.WeightString(c.arg(0)))
			}},
		{name: "make_set", args: "bits, string, ...", min: 2, max: -1, native: true, doc: "the strings of the bits that are set, with commas", rule: takes(shown(0), asInteger, asText), kernel: texts(kernel.Lenient, kernel.MakeSet), lenient: true},
		{name: "export_set", args: "bits, on, off[, separator[, number]]", min: 3, max: 5, native: true, doc: "a string for each bit, the lowest first", rule: takes(shown(0), asInteger, asText, asText, asText, asInteger), kernel: texts(kernel.Strict, kernel.ExportSet)},
		{name: "insert", args: "string, position, length, other", min: 4, max: 4, native: true, doc: "other in place of a part", rule: insertRule,
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "insert", kernel.Strict, kernel.Insert(c.Typ.IsBinary()))
			}},
		{name: "quote", args: "string", min: 1, max: 1, native: true, doc: "as a literal of SQL", rule: never(takes(shown(0), asText)), kernel: texts(kernel.Lenient, kernel.Quote), lenient: true},
		{name: "soundex", args: "string", min: 1, max: 1, native: true, doc: "how it sounds", rule: takes(shown(0), asText), kernel: texts(kernel.Strict, kernel.Soundex)},
		{name: "unhex", args: "string", min: 1, max: 1, native: true, doc: "bytes of hexadecimal digits; NULL for others", rule: takes(bytesOfAnyLength, asText), kernel: texts(kernel.Strict, kernel.Unhex)},
		{name: "to_base64", args: "string", min: 1, max: 1, native: true, doc: "in base 64", rule: takes(shown(0), asText), kernel: texts(kernel.Strict, kernel.ToBase64)},
		{name: "from_base64", args: "string", min: 1, max: 1, native: true, doc: "bytes of base 64; NULL for other text", rule: takes(bytesOfAnyLength, asText), kernel: texts(kernel.Strict, kernel.FromBase64)},
		{name: "md5", args: "string", min: 1, max: 1, native: true, doc: "MD5 digest", rule: takes(shown(32), asText), kernel: texts(kernel.Strict, kernel.MD5)},
		{name: "sha1", names: []string{"sha"}, args: "string", min: 1, max: 1, native: true, doc: "SHA-1 digest", rule: takes(shown(40), asText), kernel: texts(kernel.Strict, kernel.SHA1)},
		{name: "sha2", args: "string, bits", min: 2, max: 2, native: true, doc: "SHA-2 digest of 224, 256, 384 or 512 bits", rule: takes(shown(128), asText, asInteger), kernel: texts(kernel.Strict, kernel.SHA2)},
		{name: "crc32", args: "string", min: 1, max: 1, native: true, doc: "cyclic redundancy check", rule: takes(bigint, asText), kernel: integers(kernel.Strict, kernel.CRC32)},
		{name: "compress", args: "string", min: 1, max: 1, native: true, doc: "compressed by zlib", rule: takes(bytesOfAnyLength, asText), kernel: texts(kernel.Strict, kernel.Compress)},
		{name: "uncompress", args: "bytes", min: 1, max: 1, native: true, doc: "what compress was given", rule: takes(bytesOfAnyLength, asText), kernel: texts(kernel.Strict, kernel.Uncompress)},
		{name: "aes_encrypt", args: "string, key[, vector]", min: 2, max: 3, native: true, doc: "encrypted by aes-128-ecb", rule: takes(bytesOfAnyLength, asText, asText, asText), kernel: texts(kernel.Strict, kernel.AESEncrypt)},
		{name: "aes_decrypt", args: "bytes, key[, vector]", min: 2, max: 3, native: true, doc: "what aes_encrypt was given", rule: takes(bytesOfAnyLength, asText, asText, asText), kernel: texts(kernel.Strict, kernel.AESDecrypt)},
		{name: "format_bytes", args: "count", min: 1, max: 1, native: true, doc: "an amount of bytes for people", rule: takes(shown(17), asDouble), kernel: texts(kernel.Strict, kernel.FormatBytes)},
		{name: "format_pico_time", args: "picoseconds", min: 1, max: 1, native: true, doc: "a time for people", rule: takes(shown(17), asDouble), kernel: texts(kernel.Strict, kernel.FormatPicoTime)},
		{name: "uncompressed_length", args: "bytes", min: 1, max: 1, native: true, doc: "bytes of what compress was given", rule: takes(bigint, asText), kernel: integers(kernel.Strict, kernel.UncompressedLength)},
		{name: "is_uuid", args: "string", min: 1, max: 1, native: true, doc: "whether it is a UUID", rule: takes(truth, asText), kernel: integers(kernel.Strict, kernel.IsUUID)},
		{name: "uuid_to_bin", args: "string[, swap]", min: 1, max: 2, native: true, doc: "16 bytes of a UUID", rule: takes(types.Type{Kind: types.Varbinary, Length: 16}, asText, asInteger), kernel: texts(kernel.Lenient, kernel.UUIDToBin), lenient: true},
		{name: "bin_to_uuid", args: "bytes[, swap]", min: 1, max: 2, native: true, doc: "UUID of 16 bytes", rule: takes(shown(36), asText, asInteger), kernel: texts(kernel.Lenient, kernel.BinToUUID), lenient: true},
		{name: "inet_aton", args: "string", min: 1, max: 1, native: true, doc: "number of an IPv4 address", rule: takes(bigint, asText), kernel: integers(kernel.Strict, kernel.InetAton)},
		{name: "inet_ntoa", args: "number", min: 1, max: 1, native: true, doc: "IPv4 address of a number", rule: takes(shown(15), asInteger), kernel: texts(kernel.Strict, kernel.InetNtoa)},
		{name: "inet6_aton", args: "string", min: 1, max: 1, native: true, doc: "bytes of an address", rule: takes(types.Type{Kind: types.Varbinary, Length: 16}, asText), kernel: texts(kernel.Strict, kernel.Inet6Aton)},
		{name: "inet6_ntoa", args: "bytes", min: 1, max: 1, native: true, doc: "address of bytes", rule: takes(shown(39), asText), kernel: texts(kernel.Strict, kernel.Inet6Ntoa)},
		{name: "is_ipv4", args: "string", min: 1, max: 1, native: true, doc: "whether it is an IPv4 address", rule: never(takes(truth, asText)), kernel: integers(kernel.Lenient, kernel.IsIPv4), lenient: true},
		{name: "is_ipv6", args: "string", min: 1, max: 1, native: true, doc: "whether it is an IPv6 address", rule: never(takes(truth, asText)), kernel: integers(kernel.Lenient, kernel.IsIPv6), lenient: true},
		{name: "is_ipv4_compat", args: "bytes", min: 1, max: 1, native: true, doc: "whether they are an IPv4-compatible address", rule: never(takes(truth, asText)), kernel: integers(kernel.Lenient, kernel.IsIPv4Compat), lenient: true},
		{name: "is_ipv4_mapped", args: "bytes", min: 1, max: 1, native: true, doc: "whether they are an IPv4-mapped address", rule: never(takes(truth, asText)), kernel: integers(kernel.Lenient, kernel.IsIPv4Mapped), lenient: true},
	}
}

func numberFunctionRows() []row {
	return []row{
		{name: "conv", args: "number, from, to", min: 3, max: 3, native: true, doc: "number of a base in another", rule: takes(shown(65), asText, asInteger), kernel: texts(kernel.Strict, kernel.Conv)},
		{name: "bin", args: "number", min: 1, max: 1, native: true, doc: "in binary digits", rule: takes(shown(64), asText), kernel: texts(kernel.Strict, kernel.ConvTo(2))},
		{name: "oct", args: "number", min: 1, max: 1, native: true, doc: "in octal digits", rule: takes(shown(64), asText), kernel: texts(kernel.Strict, kernel.ConvTo(8))},
		{name: memberNumber, args: "ENUM or SET", min: 1, max: 1, doc: "number of the member, or of the members' bits", rule: memberNumberRule,
			kernel: func(c *Call) kernel.Func { return kernel.DoubleRows(kernel.Strict, kernel.MemberNumber(c.arg(0))) }},
		{name: "bit_count", args: "number or bytes", min: 1, max: 1, native: true, doc: "bits that are set", rule: bitCountRule,
			kernel: func(c *Call) kernel.Func {
				if c.arg(0).IsBinary() {
					return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.BitCountBytes)
				}
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.BitCount)
			}},
		{name: "format", args: "number, digits[, locale]", min: 2, max: 3, native: true, doc: "rounded, with groups of digits", rule: formatNumberRule, lenient: true,
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "format", kernel.Lenient, kernel.FormatNumber(c.arg(0)))
			}},
	}
}

// bitLengthRule is eight times LENGTH.
func bitLengthRule(_ Func, args []Expr) (Expr, error) {
	s, err := asText(args[0])
	if err != nil {
		return nil, err
	}
	return New(Mul, typed(Length, bigint, s), &Literal{types.IntValue(8), bigint})
}

// eltRule is CASE n WHEN 1 THEN ... END over strings.
func eltRule(_ Func, args []Expr) (Expr, error) {
	list, err := readAll(args, asInteger, asText)
	if err != nil {
		return nil, err
	}
	if Volatile(list[0]) && len(list) > 2 {
		return nil, ErrNoKernel // it would be evaluated more than once
	}
	whens := make([]When, len(list)-1)
	for i, s := range list[1:] {
		whens[i] = When{typed(Eq, truth, list[0], &Literal{types.IntValue(int64(i + 1)), bigint}), s}
	}
	return NewCase(whens, nil)
}

// fieldRule is CASE a WHEN b THEN 1 ... ELSE 0 END: of strings as strings under the collation of all, of numbers as numbers, of
// others as doubles.
func fieldRule(f Func, args []Expr) (Expr, error) {
	if Volatile(args[0]) && len(args) > 2 {
		return nil, ErrNoKernel
	}
	allStrings := !slices.ContainsFunc(args, func(e Expr) bool { return !e.Type().IsString() && e.Type().Kind != types.Null })
	allExact := !slices.ContainsFunc(args, func(e Expr) bool {
		t := e.Type()
		return !t.IsNumeric() || t.IsFloat()
	})
	read := asDouble
	switch {
	case allStrings:
		read = asText
	case allExact:
		read = number
	}
	list, err := readAll(args, read)
	if err != nil {
		return nil, err
	}
	if allStrings {
		if list, err = comparableStrings(string(f), list); err != nil {
			return nil, err
		}
	}
	whens := make([]When, len(list)-1)
	for i, b := range list[1:] {
		equal, err := New(Eq, list[0], b)
		if err != nil {
			return nil, err
		}
		whens[i] = When{equal, &Literal{types.IntValue(int64(i + 1)), bigint}}
	}
	return NewCase(whens, &Literal{types.IntValue(0), bigint})
}

// intervalFunctionRule types INTERVAL(a, b, ...): of exact numbers exactly, else as doubles.
func intervalFunctionRule(f Func, args []Expr) (Expr, error) {
	exact := !slices.ContainsFunc(args, func(e Expr) bool {
		t := e.Type()
		return t.IsFloat() || t.IsString() || t.IsTemporal()
	})
	list, err := readAll(args, asDouble)
	if exact && err == nil {
		if list, err = readAll(args, number); err != nil {
			return nil, err
		}
		t := types.NewDecimal(1, 0)
		for _, e := range list {
			t = commonDecimal(t, exactType(e))
		}
		for i, e := range list {
			list[i] = implicit(e, t)
		}
	}
	if err != nil {
		return nil, err
	}
	return &Call{Func: f, Args: list, Typ: bigint}, nil
}

// comparedRule types functions of strings that compare them.
func comparedRule(result types.Type) rule {
	return func(f Func, args []Expr) (Expr, error) {
		list, err := readAll(args, asText)
		if err != nil {
			return nil, err
		}
		if list, err = comparableStrings(string(f), list); err != nil {
			return nil, err
		}
		return typed(f, result, list...), nil
	}
}

// insertRule types INSERT: string, position, length, other.
func insertRule(f Func, args []Expr) (Expr, error) {
	list, err := readAll(args, asText, asInteger, asInteger, asText)
	if err != nil {
		return nil, err
	}
	strings, err := oneCollation(string(f), list[0], list[3])
	if err != nil {
		return nil, err
	}
	list[0], list[3] = strings[0], strings[1]
	return typed(f, stringOf(list[0].Type(), lengths(strings)), list...), nil
}

// bitCountRule types BIT_COUNT: of a byte string its bits, of anything else those of its BIGINT.
func bitCountRule(f Func, args []Expr) (Expr, error) {
	a := args[0]
	if !a.Type().IsBinary() {
		var err error
		if a.Type().IsString() {
			a = implicit(plainText(a), bigint)
		} else if a, err = number(a); err != nil {
			return nil, err
		}
		if !a.Type().IsInteger() {
			a = implicit(a, bigint)
		}
	}
	return typed(f, bigint, a), nil
}

// formatNumberRule types FORMAT: an exact number stays one.
func formatNumberRule(f Func, args []Expr) (Expr, error) {
	n, err := number(args[0])
	if err != nil {
		return nil, err
	}
	if n = inner(n); n.Type().IsInteger() {
		n = implicit(n, exactType(n))
	} else if n.Type().Kind != types.Decimal {
		n = implicit(n, types.Of(types.Float64))
	}
	list, err := readAll(args[1:], asInteger, asText)
	if err != nil {
		return nil, err
	}
	c := typed(f, shown(0), append([]Expr{n}, list...)...)
	c.Null = true
	return c, nil
}

// memberNumberRule types the number of a member: a DOUBLE, as which MySQL computes with a string.
func memberNumberRule(f Func, args []Expr) (Expr, error) {
	if k := args[0].Type().Kind; k != types.Enum && k != types.Set {
		return nil, ErrNoKernel
	}
	return typed(f, types.Of(types.Float64), args...), nil
}

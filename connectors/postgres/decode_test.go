package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// tuple frames fields, given in hexadecimal, as COPY and DataRow do; "-" is NULL.
func tuple(t testing.TB, fields ...string) []byte {
	t.Helper()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(fields)))
	for _, f := range fields {
		if f == "-" {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		v, err := hex.DecodeString(strings.ReplaceAll(f, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	return b
}

// golden are outputs with values as a server sends them and as they are read; "lost" counts as NULL.
var golden = []struct {
	out    output
	values [][2]string
}{
	{output{"b", types.Of(types.Bool), formBool}, [][2]string{{"01", "1"}, {"00", "0"}}},
	{output{"i2", types.Of(types.Int16), formInt2}, [][2]string{{"8000", "-32768"}, {"7fff", "32767"}}},
	{output{"i1", types.Of(types.Int8), formInt2}, [][2]string{{"ff80", "-128"}, {"007f", "127"}}},
	{output{"i4", types.Of(types.Int32), formInt4}, [][2]string{{"80000000", "-2147483648"}, {"00000007", "7"}}},
	{output{"i8", types.Of(types.Int64), formInt8}, [][2]string{{"8000000000000000", "-9223372036854775808"}, {"0000000000000007", "7"}}},
	{output{"oid", types.Of(types.Uint32), formOID}, [][2]string{{"ffffffff", "4294967295"}}},
	{output{"f4", types.Of(types.Float32), formFloat4}, [][2]string{{"3fc00000", "1.5"}, {"7fc00000", "NULL"}, {"ff800000", "NULL"}}},
	{output{"f8", types.Of(types.Float64), formFloat8}, [][2]string{{"3ff8000000000000", "1.5"}, {"7ff8000000000000", "NULL"}, {"7ff0000000000000", "NULL"}, {"8000000000000000", "-0"}}},
	{output{"n", types.NewDecimal(15, 2), formNumeric}, [][2]string{
		{"0000 0000 0000 0002", "0.00"},
		{"0002 0000 0000 0002 007b 1194", "123.45"},
		{"0002 0000 4000 0002 007b 1194", "-123.45"},
		{"0001 ffff 0000 0002 0064", "0.01"},
		{"0001 0001 0000 0000 000c", "120000.00"},
		{"0000 0000 c000 0000", "NULL"},
		{"0000 0000 d000 0020", "NULL"},
	}},
	{output{"wide", types.NewDecimal(40, 2), formNumeric}, [][2]string{
		{"0001 0000 0000 0000 0001", "1.00"},
		{"0005 0004 0000 0000 0009 08c2 0d2f 0e2a 0f3d", "92242337536263901.00"},
		{"000a 0008 4000 0002 0063 270f 270f 270f 270f 270f 270f 270f 270f 26ac", "-9999999999999999999999999999999999.99"},
		{"0001 0000 4000 0000 0001", "-1.00"},
	}},
	{output{"d", types.Of(types.Date), formDate}, [][2]string{{"00000000", "2000-01-01"}, {"ffffd532", "1969-12-31"}, {"7fffffff", "NULL"}, {"80000000", "NULL"}}},
	{output{"ts", types.NewTemporal(types.Datetime, 6), formTimestamp}, [][2]string{
		{"0000000000000001", "2000-01-01 00:00:00.000001"}, {"7fffffffffffffff", "NULL"}, {"8000000000000000", "NULL"}}},
	{output{"tm", types.NewTemporal(types.Time, 6), formTime}, [][2]string{{"000000141dd76000", "24:00:00.000000"}}},
	{output{"c", types.NewText(types.Char, 5, types.Utf8mb4Bin0900), formPaddedText}, [][2]string{{"61 20 62 20 20", "a b"}, {"20 20", ""}, {"", ""}}},
	{output{"v", types.Of(types.Text), formText}, [][2]string{{"61 20", "a "}, {"c3a9", "é"}, {"", ""}}},
	{output{"j", types.Of(types.JSON), formVersionText}, [][2]string{{"01 7b7d", "{}"}}},
	{output{"u", types.NewText(types.Char, 36, types.Utf8mb4Bin0900), formUUID}, [][2]string{{"a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}},
	{output{"bits", types.Type{Kind: types.Bit, Length: 10}, formBits}, [][2]string{{"0000000a 8040", "513"}, {"00000040 ffffffffffffffff", "18446744073709551615"}, {"00000001 80", "1"}}},
}

// goldenDecoder decodes the columns of golden.
func goldenDecoder(mem memory.Allocator, most int) *decoder {
	outs := make([]output, len(golden))
	for i, g := range golden {
		outs[i] = g.out
	}
	return newDecoder(outs, mem, most, func(output) error { return nil })
}

// goldenRows returns rows of golden's values, repeated where a column has fewer than others, with NULLs in between, and
// what they read as.
func goldenRows(t testing.TB, n int) (rows [][]byte, want []string) {
	for i := range n {
		fields, shown := make([]string, len(golden)), make([]string, len(golden))
		for c, g := range golden {
			v := g.values[(i+c)%len(g.values)]
			fields[c], shown[c] = v[0], v[1]
			if (i+c)%7 == 0 {
				fields[c], shown[c] = "-", "NULL"
			}
		}
		rows = append(rows, tuple(t, fields...))
		want = append(want, strings.Join(shown, "|"))
	}
	return rows, want
}

func shownBatch(batch arrow.RecordBatch) []string {
	rows := make([]string, batch.NumRows())
	for r := range rows {
		fields := make([]string, batch.NumCols())
		for c := range fields {
			fields[c] = kernel.ValueAt(batch.Column(c), r).Format(golden[c].out.typ, time.UTC)
		}
		rows[r] = strings.Join(fields, "|")
	}
	return rows
}

func TestDecodeGolden(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	rows, want := goldenRows(t, 100)
	d := goldenDecoder(mem, 16)
	defer d.release()
	var got []string
	for _, row := range rows {
		n, err := d.row(row)
		if err != nil || n != len(row) {
			t.Fatalf("%d of %d bytes: %v", n, len(row), err)
		}
		if d.full() {
			batch := d.batch()
			got = append(got, shownBatch(batch)...)
			batch.Release()
		}
	}
	batch := d.batch()
	got = append(got, shownBatch(batch)...)
	batch.Release()
	if !slices.Equal(got, want) {
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("row %d is\n%s, want\n%s", i, got[i], want[i])
			}
		}
	}
}

// TestStreamCutAnywhere feeds one COPY stream in pieces of every size.
func TestStreamCutAnywhere(t *testing.T) {
	rows, want := goldenRows(t, 20)
	stream := append([]byte(copySignature), 0, 0, 0, 0, 0, 0, 0, 3, 'e', 'x', 't')
	stream = append(stream, slices.Concat(rows...)...)
	stream = append(stream, 0xff, 0xff)
	for size := 1; size <= len(stream); size++ {
		mem := bufpooltest.New()
		r := &copyReader{decoder: goldenDecoder(mem, 8), usage: &connectors.Usage{}}
		var got []string
		hand := func() {
			if err := r.decoder.decode(); err != nil {
				t.Fatal(err)
			}
			batch := r.decoder.batch()
			got = append(got, shownBatch(batch)...)
			batch.Release()
		}
		take := func() {
			for r.decoder.full() {
				hand()
				if err := r.data(nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		for piece := range slices.Chunk(stream, size) {
			if err := r.data(piece); err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
			take()
		}
		hand()
		if !slices.Equal(got, want) || !r.ended {
			t.Fatalf("pieces of %d: %d rows, ended %t", size, len(got), r.ended)
		}
		mem.AssertSize(t, 0)
	}
}

// TestRowsStayWhereTheyAreFramed receives a COPY stream with notices in between into buffers that hold a few rows, so that
// what is received is moved all the time.
func TestRowsStayWhereTheyAreFramed(t *testing.T) {
	rows, want := goldenRows(t, 50)
	var stream []byte
	send := func(kind byte, body []byte) {
		stream = append(stream, kind)
		stream = binary.BigEndian.AppendUint32(stream, uint32(4+len(body)))
		stream = append(stream, body...)
	}
	send(msgCopyOut, []byte{1, 0, 0})
	send(msgCopyData, append([]byte(copySignature), 0, 0, 0, 0, 0, 0, 0, 0))
	for i, row := range rows {
		if i%5 == 4 {
			send(msgNotice, make([]byte, 3*i))
		}
		send(msgCopyData, row)
	}
	send(msgCopyData, []byte{0xff, 0xff})
	send(msgCopyDone, nil)
	send(msgReady, []byte{'I'})
	for _, size := range []int{500, 1000, 3000, len(stream)} {
		mem := bufpooltest.New()
		server, client := net.Pipe()
		w := &wire{socket: client, buf: make([]byte, size), running: true}
		r := &copyReader{wire: w, decoder: goldenDecoder(mem, 7), usage: &connectors.Usage{}}
		go func() { _, _ = server.Write(stream) }()
		var got []string
		for {
			batch, err := r.next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("buffer of %d: %v", size, err)
			}
			got = append(got, shownBatch(batch)...)
			batch.Release()
		}
		if !slices.Equal(got, want) {
			t.Errorf("buffer of %d: %d rows\n%s", size, len(got), strings.Join(got, "\n"))
		}
		mem.AssertSize(t, 0)
		_ = server.Close()
		_ = client.Close()
	}
}

func TestDecodeRefuses(t *testing.T) {
	n := output{"n", types.NewDecimal(4, 1), formNumeric}
	for name, c := range map[string]struct {
		out  output
		row  []byte
		code sqlerr.Code
	}{
		"number of columns":    {n, tuple(t, "-", "-"), sqlerr.Corrupt},
		"length below -1":      {n, []byte{0, 1, 0xff, 0xff, 0xff, 0xfe}, sqlerr.Corrupt},
		"length of an integer": {golden[3].out, tuple(t, "0001"), sqlerr.Corrupt},
		"short numeric":        {n, tuple(t, "0001"), sqlerr.Corrupt},
		"digits of a numeric":  {n, tuple(t, "0002 0000 0000 0000 0001"), sqlerr.Corrupt},
		"sign of a numeric":    {n, tuple(t, "0000 0000 1000 0000"), sqlerr.Corrupt},
		"digits lost":          {n, tuple(t, "0001 ffff 0000 0002 0064"), sqlerr.OutOfRange},
		"digits lost, wide":    {output{"n", types.NewDecimal(65, 30), formNumeric}, tuple(t, "0001 fff0 0000 0040 0001"), sqlerr.OutOfRange},
		"too long":             {output{"n", types.NewDecimal(65, 30), formNumeric}, tuple(t, "0001 0008 0000 0000 03e8"), sqlerr.OutOfRange},
		"far too long":         {n, tuple(t, "0001 7fff 0000 0000 0001"), sqlerr.OutOfRange},
		"version of jsonb":     {output{"j", types.Of(types.JSON), formVersionText}, tuple(t, "02 7b7d"), sqlerr.Corrupt},
		"no version of jsonb":  {output{"j", types.Of(types.JSON), formVersionText}, tuple(t, ""), sqlerr.Corrupt},
		"short bits":           {output{"b", types.Of(types.Bit), formBits}, tuple(t, "0001"), sqlerr.Corrupt},
		"bits that do not fit": {output{"b", types.Of(types.Bit), formBits}, tuple(t, "00000041 ffffffffffffffffff"), sqlerr.Corrupt},
		"bytes of bits":        {output{"b", types.Of(types.Bit), formBits}, tuple(t, "00000008 ffff"), sqlerr.Corrupt},
	} {
		mem := bufpooltest.New()
		d := newDecoder([]output{c.out}, mem, 4, func(output) error { return nil })
		if _, err := d.row(c.row); sqlerr.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		d.release()
		mem.AssertSize(t, 0)
	}
}

func TestCopyHeader(t *testing.T) {
	whole := append([]byte(copySignature), 0, 0, 0, 0, 0, 0, 0, 2, 'x', 'y')
	for n := range len(whole) {
		if got, err := copyHeader(whole[:n]); got != 0 || err != nil {
			t.Errorf("%d bytes: %d, %v", n, got, err)
		}
	}
	if got, err := copyHeader(whole); got != len(whole) || err != nil {
		t.Errorf("whole: %d, %v", got, err)
	}
	for _, bad := range []string{"PGCOPX", "x", copySignature + "\x00\x00\x00\x00\xff\xff\xff\xff"} {
		if _, err := copyHeader([]byte(bad)); !sqlerr.Is(err, sqlerr.Corrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// BenchmarkDecode decodes 800 rows like those of TPC-H's orders.
func BenchmarkDecode(b *testing.B) {
	text := func(s string) string { return hex.EncodeToString([]byte(s)) }
	outs := []output{
		{"o_orderkey", types.Of(types.Int64), formInt8}, {"o_custkey", types.Of(types.Int64), formInt8},
		{"o_orderstatus", types.NewText(types.Char, 1, types.Utf8mb4Bin0900), formPaddedText},
		{"o_totalprice", types.NewDecimal(15, 2), formNumeric}, {"o_orderdate", types.Of(types.Date), formDate},
		{"o_orderpriority", types.NewText(types.Char, 15, types.Utf8mb4Bin0900), formPaddedText},
		{"o_clerk", types.NewText(types.Char, 15, types.Utf8mb4Bin0900), formPaddedText},
		{"o_shippriority", types.Of(types.Int32), formInt4},
		{"o_comment", types.NewText(types.Varchar, 79, types.Utf8mb4Bin0900), formText},
	}
	row := tuple(b, "0000000000000001", "0000000000009099", text("O"), "0003 0001 0000 0002 0011 0e8f 1388", "fffff5f4",
		text("5-LOW          "), text("Clerk#000000951"), "00000000", text("nstructions sleep furiously among the even, final"))
	d := newDecoder(outs, new(bufpool.Pool), 8192, func(output) error { return nil })
	defer d.release()
	const together = 800 // rows in the buffer of a connection
	rows := bytes.Repeat(row, together)
	b.SetBytes(int64(len(rows)))
	b.ReportAllocs()
	for b.Loop() {
		for at := 0; at < len(rows); at += len(row) {
			if _, err := d.frame(rows[at:]); err != nil {
				b.Fatal(err)
			}
			if d.full() {
				if err := d.decode(); err != nil {
					b.Fatal(err)
				}
				d.batch().Release()
			}
		}
		if err := d.decode(); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzDecode checks that no bytes make the decoder fail otherwise than by an error, or leak.
func FuzzDecode(f *testing.F) {
	rows, _ := goldenRows(f, 3)
	f.Add(slices.Concat(rows...))
	f.Add([]byte{0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		mem := bufpooltest.New()
		defer mem.AssertSize(t, 0)
		d := goldenDecoder(mem, 4)
		defer d.release()
		for len(data) > 0 {
			n, err := d.row(data)
			if err != nil {
				var known *sqlerr.Error
				if !errors.Is(err, errPartial) && !errors.As(err, &known) {
					t.Fatal(err)
				}
				return
			}
			data = data[n:]
			if d.full() {
				batch := d.batch()
				shownBatch(batch)
				batch.Release()
			}
		}
	})
}

// FuzzNumeric checks decoded numerics against their digits, summed up with arbitrary precision.
func FuzzNumeric(f *testing.F) {
	f.Add(uint16(1), int16(0), false, []byte{0, 1}, uint8(2))
	f.Add(uint16(3), int16(4), true, []byte{39, 15, 39, 15, 39, 15}, uint8(30))
	f.Fuzz(func(t *testing.T, _ uint16, weight int16, negative bool, raw []byte, scale uint8) {
		digits := make([]uint16, 0, len(raw)/2)
		for i := 0; i+1 < len(raw) && len(digits) < 20; i += 2 {
			digits = append(digits, binary.BigEndian.Uint16(raw[i:])%digitBase)
		}
		weight %= 12
		sc := int(scale) % (types.MaxScale + 1)
		value := fmt.Sprintf("%04x %04x %04x 0000", len(digits), uint16(weight), map[bool]int{true: signNegative, false: 0}[negative])
		for _, d := range digits {
			value += fmt.Sprintf(" %04x", d)
		}
		want, fits := decimalText(digits, int(weight), negative, sc)
		mem := bufpooltest.New()
		defer mem.AssertSize(t, 0)
		out := output{"n", types.NewDecimal(types.MaxPrecision, sc), formNumeric}
		d := newDecoder([]output{out}, mem, 4, nil)
		defer d.release()
		_, err := d.row(tuple(t, value))
		if (err == nil) != fits {
			t.Fatalf("%s at scale %d: fits %t, %v", value, sc, fits, err)
		}
		if err != nil {
			return
		}
		batch := d.batch()
		defer batch.Release()
		if got := kernel.ValueAt(batch.Column(0), 0).Format(out.typ, time.UTC); got != want {
			t.Fatalf("%s at scale %d: %s, want %s", value, sc, got, want)
		}
	})
}

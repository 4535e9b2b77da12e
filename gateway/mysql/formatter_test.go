package mysql

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// randomBatch has a column of each kind, with its value and NULLs in any order, one of texts without a NULL, and one of NULLs.
func randomBatch(mem memory.Allocator, rows int) (plan.Schema, arrow.RecordBatch) {
	r := rand.New(rand.NewPCG(7, uint64(rows)))
	var schema plan.Schema
	var fields []arrow.Field
	for _, k := range everyKind {
		schema = append(schema, plan.Column{ID: 1, Name: k.typ.String(), Type: k.typ, Nullable: true})
		fields = append(fields, arrow.Field{Name: k.typ.String(), Type: k.typ.Arrow(), Nullable: true})
	}
	schema = append(schema, plan.Column{Name: "text", Type: types.Of(types.Text)}, plan.Column{Name: "nothing"})
	fields = append(fields, arrow.Field{Name: "text", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "nothing", Type: arrow.Null, Nullable: true})
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for range rows {
		for i, k := range everyKind {
			if r.IntN(3) == 0 {
				b.Field(i).AppendNull()
			} else {
				k.build(b.Field(i))
			}
		}
		b.Field(len(everyKind)).(*array.StringBuilder).Append(strings.Repeat("é", r.IntN(400)))
		b.Field(len(everyKind) + 1).AppendNull()
	}
	return schema, b.NewRecordBatch()
}

// sent returns the packets that a formatter sends for some rows.
func sent(t *testing.T, f *formatter, from, to, longest int) (packets [][]byte, err error) {
	t.Helper()
	near, far := net.Pipe()
	server, client := wire.NewConn(near), wire.NewConn(far)
	server.Start()
	client.Start()
	done := make(chan error, 1)
	go func() {
		failed := f.send(server, from, to, longest)
		if err := server.Flush(); err != nil {
			t.Error(err)
		}
		done <- failed
		near.Close()
	}()
	for {
		p, err := client.ReadPacket(nil, 1<<30)
		if err != nil {
			break
		}
		packets = append(packets, p)
	}
	far.Close()
	return packets, <-done
}

// TestWindows compares rows that are sent together with each by itself, from any first to any last one.
func TestWindows(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	schema, batch := randomBatch(mem, 3*windowRows+17)
	defer batch.Release()
	slice := batch.NewSlice(5, batch.NumRows())
	defer slice.Release()
	rows := int(slice.NumRows())
	latin1 := func(text string) []byte { return bytes.ReplaceAll([]byte(text), []byte("é"), []byte{0xe9}) }
	for _, binary := range []bool{false, true} {
		for name, to := range map[string]recode{"utf8mb4": nil, "latin1": latin1} {
			t.Run(fmt.Sprintf("binary=%t,%s", binary, name), func(t *testing.T) {
				f, _ := formatted(t, newFormatter(schema, time.UTC, binary, to), slice)
				var want [][]byte
				for i := range rows {
					want = append(want, f.row(i))
				}
				for _, c := range [][2]int{{0, rows}, {0, 1}, {3, windowRows + 3}, {windowRows - 1, windowRows + 1}, {rows - 1, rows}, {9, 9}} {
					packets, err := sent(t, f, c[0], c[1], 1<<30)
					if err != nil || len(packets) != c[1]-c[0] {
						t.Fatalf("%v: %d packets, %v", c, len(packets), err)
					}
					for i, p := range packets {
						if !bytes.Equal(p, want[c[0]+i]) {
							t.Fatalf("%v, row %d: %x, want %x", c, c[0]+i, p, want[c[0]+i])
						}
					}
				}
			})
		}
	}
}

// TestWindowsOfLongRows has rows that are longer than a block, an arena, a packet, and than the client takes.
func TestWindowsOfLongRows(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	const packet = 1<<24 - 1
	b := array.NewStringBuilder(mem)
	defer b.Release()
	sizes := []int{1, blockSize - 8, blockSize, 2, 3, arenaSize + 1, 4, arenaSize / 2, arenaSize, packet - 4, packet - 3, packet, 5, 2 * packet, 6}
	for i, n := range sizes {
		b.Append(strings.Repeat(string(rune('a'+i)), n))
	}
	arr := b.NewArray()
	defer arr.Release()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: arr.DataType()}}, nil), []arrow.Array{arr}, int64(len(sizes)))
	defer batch.Release()
	for name, to := range map[string]recode{"utf8mb4": nil, "upper": func(text string) []byte { return bytes.ToUpper([]byte(text)) }} {
		t.Run(name, func(t *testing.T) {
			f, _ := formatted(t, newFormatter(plan.Schema{{Name: "s", Type: types.Of(types.Text)}}, time.UTC, false, to), batch)
			packets, err := sent(t, f, 0, len(sizes), 1<<30)
			if err != nil || len(packets) != len(sizes) {
				t.Fatal(len(packets), err)
			}
			for i, p := range packets {
				text := strings.Repeat(string(rune('a'+i)), sizes[i])
				if to != nil {
					text = string(to(text))
				}
				if !bytes.Equal(p, wire.AppendText(nil, text)) {
					t.Errorf("row %d of %d characters: %d bytes, which begin with %x", i, sizes[i], len(p), p[:5])
				}
			}
			// The rows before one that is too long are sent.
			packets, err = sent(t, f, 0, len(sizes), blockSize+4)
			if err == nil || len(packets) != 5 {
				t.Errorf("%d packets, %v", len(packets), err)
			}
		})
	}
}

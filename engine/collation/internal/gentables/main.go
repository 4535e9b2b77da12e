// Command gentables writes the weight tables that package collation embeds:
//
//	go run ./internal/testserver/run go run ./engine/collation/internal/gentables \
//	    -uca520 allkeys-5.2.0.txt -uca900 allkeys-9.0.0.txt -out engine/collation/data
//
// The inputs are the default tables of the Unicode Collation Algorithm as Unicode publishes them
// (https://www.unicode.org/Public/UCA/5.2.0/allkeys.txt and .../9.0.0/allkeys.txt); their hashes are checked. UCA 4.0.0, of
// which MySQL takes the first level for the Basic Multilingual Plane alone, and the folding of utf8mb4_general_ci, which no
// standard describes, are what WEIGHT_STRING() of a MariaDB server says: there the two servers have one origin.
//
// What MySQL leaves out of Unicode's tables is left out here: contractions, and the elements of a character after the eighth.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	_ "github.com/go-sql-driver/mysql"
)

// mostElements is how many collation elements of a character MySQL keeps.
const mostElements = 8

// element is a collation element: its weights on the three levels.
type element [3]uint16

// Published hashes of the inputs.
const (
	sum520 = "47744eece32cf295185a8542f91800f08db7609ca044dc7f6564228c942939fc"
	sum900 = "0633f4520c99f249b0c53aa1442cd2521702041fb00a32df944fec13c9da3ed5"
)

func main() {
	uca520 := flag.String("uca520", "", "allkeys.txt of UCA 5.2.0")
	uca900 := flag.String("uca900", "", "allkeys.txt of UCA 9.0.0")
	out := flag.String("out", "engine/collation/data", "folder of the tables")
	dsn := flag.String("mariadb", os.Getenv("SILOGATE_TEST_MARIADB"), "data source name of a MariaDB server")
	flag.Parse()
	if err := run(*uca520, *uca900, *dsn, *out); err != nil {
		log.Fatal(err)
	}
}

func run(uca520, uca900, dsn, out string) error {
	for _, t := range []struct {
		path, sum, name string
		levels          int
	}{{uca520, sum520, "uca520", 1}, {uca900, sum900, "uca900", 3}} {
		table, err := readAllkeys(t.path, t.sum)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(out, t.name+".gz"), table, t.levels); err != nil {
			return err
		}
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, t := range []struct {
		collation, name string
		implied         func(rune) []uint16 // the weights of a character that the table leaves out
	}{
		{"utf8mb4_unicode_ci", "uca400", implicit},
		{"utf8mb4_general_ci", "general", func(r rune) []uint16 { return []uint16{uint16(r)} }},
	} {
		table, err := readServer(db, t.collation, t.implied)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(out, t.name+".gz"), table, 1); err != nil {
			return err
		}
	}
	return nil
}

var elementText = regexp.MustCompile(`\[[*.]([0-9A-F]{4})\.([0-9A-F]{4})\.([0-9A-F]{4})(?:\.[0-9A-F]+)?\]`)

// readAllkeys reads the elements of single characters from a table of Unicode's.
func readAllkeys(path, sum string) (map[rune][]element, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("%s has the hash %x", path, got)
	}
	table := map[rune][]element{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		chars, elements, ok := strings.Cut(strings.TrimSpace(line), ";")
		chars = strings.TrimSpace(chars)
		if !ok || strings.HasPrefix(chars, "@") || strings.Contains(chars, " ") {
			continue
		}
		code, err := strconv.ParseUint(chars, 16, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		var list []element
		for _, m := range elementText.FindAllStringSubmatch(elements, mostElements) {
			var e element
			for level := range e {
				w, err := strconv.ParseUint(m[level+1], 16, 16)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", path, err)
				}
				e[level] = uint16(w)
			}
			list = append(list, e)
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("%s: no elements in %q", path, line)
		}
		table[rune(code)] = list
	}
	return table, nil
}

// implicit are the weights of a character without an entry in UCA 4.0.0.
func implicit(r rune) []uint16 {
	base := rune(0xFBC0)
	switch {
	case r >= 0x3400 && r <= 0x4DB5:
		base = 0xFB80
	case r >= 0x4E00 && r <= 0x9FA5:
		base = 0xFB40
	}
	return []uint16{uint16(base + r>>15), uint16(r&0x7FFF | 0x8000)}
}

// readServer reads the weights of the Basic Multilingual Plane from a server, leaving out those that need no table.
func readServer(db *sql.DB, collation string, implied func(rune) []uint16) (map[rune][]element, error) {
	rows, err := db.QueryContext(context.Background(), `SELECT seq, WEIGHT_STRING(CONVERT(CHAR(seq USING utf32) USING utf8mb4)
		COLLATE `+collation+`) FROM mysql.seq_0_to_65535 WHERE seq NOT BETWEEN 0xD800 AND 0xDFFF ORDER BY seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	table := map[rune][]element{}
	for rows.Next() {
		var code rune
		var weights []byte
		if err := rows.Scan(&code, &weights); err != nil {
			return nil, err
		}
		list := make([]element, 0, len(weights)/2)
		plain := make([]uint16, 0, len(weights)/2)
		for ; len(weights) >= 2; weights = weights[2:] {
			w := binary.BigEndian.Uint16(weights)
			list, plain = append(list, element{w}), append(plain, w)
		}
		if !slices.Equal(plain, implied(code)) {
			table[code] = list
		}
	}
	return table, rows.Err()
}

// write stores a table: for each character the distance from the one before and how many elements it has; then the
// elements' weights, a level after the other. On a table's only level a weight of zero is ignored, so it is not stored.
func write(path string, table map[rune][]element, levels int) error {
	codes := make([]rune, 0, len(table))
	for r := range table {
		codes = append(codes, r)
	}
	slices.Sort(codes)
	raw := binary.AppendUvarint(nil, uint64(levels))
	raw = binary.AppendUvarint(raw, uint64(len(codes)))
	last := rune(-1)
	for _, r := range codes {
		raw = binary.AppendUvarint(raw, uint64(r-last))
		last = r
	}
	for _, r := range codes {
		raw = append(raw, byte(len(table[r])))
	}
	for level := range levels {
		before := uint16(0)
		for _, r := range codes {
			for _, e := range table[r] {
				raw = binary.AppendVarint(raw, int64(e[level])-int64(before))
				before = e[level]
			}
		}
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(raw); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}

package types

import (
	"fmt"
	"strings"
)

// Collation is a MySQL collation by its id (information_schema.COLLATIONS).
type Collation uint16

// The collations the engine names itself; package collation has them all.
const (
	NoCollation       Collation = 0
	Utf8mb3General    Collation = 33  // utf8mb3_general_ci, PAD SPACE, as all below unless said
	Utf8mb4General    Collation = 45  // utf8mb4_general_ci
	Utf8mb4Bin        Collation = 46  // utf8mb4_bin
	BinaryCollation   Collation = 63  // binary, NO PAD
	Utf8mb3Bin        Collation = 83  // utf8mb3_bin
	Utf8mb3Unicode    Collation = 192 // utf8mb3_unicode_ci
	Utf8mb3Unicode520 Collation = 214 // utf8mb3_unicode_520_ci
	Utf8mb4Unicode    Collation = 224 // utf8mb4_unicode_ci
	Utf8mb4Unicode520 Collation = 246 // utf8mb4_unicode_520_ci
	Utf8mb4AI0900     Collation = 255 // utf8mb4_0900_ai_ci, NO PAD: the default of the server and of literals
	Utf8mb4ASCS0900   Collation = 278 // utf8mb4_0900_as_cs, NO PAD
	Utf8mb4ASCI0900   Collation = 305 // utf8mb4_0900_as_ci, NO PAD
	Utf8mb4Bin0900    Collation = 309 // utf8mb4_0900_bin, NO PAD: a source without MySQL's collations
)

// Bytewise reports whether equality and order of well-formed UTF-8 under the collation are those of its bytes, with
// no padding.
func (c Collation) Bytewise() bool { return c == Utf8mb4Bin0900 || c == BinaryCollation }

// Binary reports a collation of a character set that compares code points, trailing spaces aside.
func (c Collation) Binary() bool { return strings.HasSuffix(collationNames[c], "_bin") }

// IgnoresCase reports whether letters that differ in case alone are equal under the collation.
func (c Collation) IgnoresCase() bool { return strings.HasSuffix(collationNames[c], "_ci") }

// Charset is the name of the collation's character set.
func (c Collation) Charset() string {
	charset, _, _ := strings.Cut(collationNames[c], "_")
	return charset
}

// String returns the collation's name in MySQL, or its id where MySQL has no name for it.
func (c Collation) String() string {
	if name := collationNames[c]; name != "" {
		return name
	}
	return fmt.Sprintf("collation %d", uint16(c))
}

package types

import "fmt"

// Collation is a MySQL collation by its id (information_schema.COLLATIONS).
type Collation uint16

// The collations the engine names itself; any other id of MySQL's is carried through and compared row by row.
const (
	NoCollation     Collation = 0
	Utf8mb4General  Collation = 45  // utf8mb4_general_ci, PAD SPACE
	Utf8mb4Bin      Collation = 46  // utf8mb4_bin, PAD SPACE
	BinaryCollation Collation = 63  // binary
	Utf8mb4AI0900   Collation = 255 // utf8mb4_0900_ai_ci, NO PAD: the default of the server and of literals
	Utf8mb4Bin0900  Collation = 309 // utf8mb4_0900_bin, NO PAD: a source without MySQL's collations
)

// Bytewise reports whether equality and order of well-formed UTF-8 under the collation are those of its bytes, with
// no padding.
func (c Collation) Bytewise() bool { return c == Utf8mb4Bin0900 || c == BinaryCollation }

// String returns the collation's name in MySQL, or its id where the engine has no name for it.
func (c Collation) String() string {
	switch c {
	case Utf8mb4General:
		return "utf8mb4_general_ci"
	case Utf8mb4Bin:
		return "utf8mb4_bin"
	case BinaryCollation:
		return "binary"
	case Utf8mb4AI0900:
		return "utf8mb4_0900_ai_ci"
	case Utf8mb4Bin0900:
		return "utf8mb4_0900_bin"
	}
	return fmt.Sprintf("collation %d", uint16(c))
}

package postgres

import "github.com/silogate/silogate/engine/types"

// form is how a column of a result is encoded in PostgreSQL's binary format.
type form uint8

const (
	formBool        form = iota // one byte
	formInt2                    // big-endian, as all that follow
	formInt4                    //
	formInt8                    //
	formOID                     // unsigned, 4 bytes
	formFloat4                  // IEEE 754
	formFloat8                  //
	formNumeric                 // digits to base 10,000 (numeric_send)
	formDate                    // days since 2000-01-01, 4 bytes
	formTimestamp               // microseconds since 2000-01-01, of local time or of the instant
	formTime                    // microseconds since midnight
	formText                    // UTF-8
	formPaddedText              // UTF-8 with trailing spaces that do not belong to the value
	formVersionText             // a version byte, 1, and UTF-8 (jsonb)
	formUUID                    // 16 bytes
	formBytes                   // as they are
	formBits                    // number of bits, 4 bytes, then the bits from the highest; at most 64
)

// lengths has the bytes of a value in the forms of a fixed length; 0: any.
var lengths = [...]int{
	formBool: 1, formInt2: 2, formInt4: 4, formInt8: 8, formOID: 4, formFloat4: 4, formFloat8: 8,
	formDate: 4, formTimestamp: 8, formTime: 8, formUUID: 16, formBits: 0,
}

// What PostgreSQL's epoch, 2000-01-01, is in Unix time, and the range of MySQL's dates, years 1 to 9999.
const (
	microsPerDay = 86400 * 1e6
	epochDays    = 10957
	epochMicros  = epochDays * microsPerDay
	firstDay     = -719162
	lastDay      = 2932896
	firstMicro   = firstDay * microsPerDay
	lastMicro    = (lastDay+1)*microsPerDay - 1
)

// output is a column of a result: the form in which it comes, and the type that it becomes.
type output struct {
	name string // for messages
	typ  types.Type
	form form
}

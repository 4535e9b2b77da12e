package expr

// Func names a scalar function or operator. Its row in the function table (New, kernels, docs/functions.md) says what
// it takes and gives; a dialect's allow-list names the ones a source evaluates alike.
type Func string

// Operators and predicates. AND and OR take two or more arguments; a truth value is of kind Bool.
const (
	And        Func = "and"
	Or         Func = "or"
	Xor        Func = "xor"
	Not        Func = "not"
	Eq         Func = "="
	Ne         Func = "<>"
	Lt         Func = "<"
	Le         Func = "<="
	Gt         Func = ">"
	Ge         Func = ">="
	NullSafeEq Func = "<=>"
	IsNull     Func = "is null"
	IsTrue     Func = "is true"
	IsFalse    Func = "is false"
	Like       Func = "like" // value, pattern[, escape]; the escape is a one-character or empty literal
	Add        Func = "+"
	Sub        Func = "-"
	Mul        Func = "*"
	Div        Func = "/"
	IntDiv     Func = "div"
	Mod        Func = "%"
	Neg        Func = "neg"
	BitAnd     Func = "&"
	BitOr      Func = "|"
	BitXor     Func = "^"
	BitNot     Func = "~"
	ShiftLeft  Func = "<<"
	ShiftRight Func = ">>"
	Collate    Func = "collate" // made by NewCollate: the argument under the collation of the result's type
)

// Functions that decide among arguments; the arguments have the result's type.
const (
	If       Func = "if"
	IfNull   Func = "ifnull"
	NullIf   Func = "nullif" // New makes it a Case
	Coalesce Func = "coalesce"
	Greatest Func = "greatest"
	Least    Func = "least"
)

// Functions of numbers.
const (
	Abs      Func = "abs"
	Sign     Func = "sign"
	Ceil     Func = "ceil"
	Floor    Func = "floor"
	Round    Func = "round"    // value[, digits]
	Truncate Func = "truncate" // value, digits
	Sqrt     Func = "sqrt"
	Pow      Func = "pow"
	Exp      Func = "exp"
	Ln       Func = "ln"
	Log10    Func = "log10"
	Log2     Func = "log2"
	Log      Func = "log" // base, value
	Sin      Func = "sin"
	Cos      Func = "cos"
	Tan      Func = "tan"
	Cot      Func = "cot"
	Asin     Func = "asin"
	Acos     Func = "acos"
	Atan     Func = "atan"
	Atan2    Func = "atan2"
	Degrees  Func = "degrees"
	Radians  Func = "radians"
)

// Functions of strings; positions and lengths are in characters unless said.
const (
	Concat      Func = "concat"
	ConcatWS    Func = "concat_ws"
	Substring   Func = "substring" // string, position[, length]
	Left        Func = "left"
	Right       Func = "right"
	Length      Func = "length" // bytes
	CharLength  Func = "char_length"
	Upper       Func = "upper"
	Lower       Func = "lower"
	Trim        Func = "trim" // string[, what]: spaces, or what, at both ends
	LTrim       Func = "ltrim"
	RTrim       Func = "rtrim"
	Replace     Func = "replace"
	Locate      Func = "locate" // needle, haystack[, position]; INSTR is bound to it
	LPad        Func = "lpad"
	RPad        Func = "rpad"
	Reverse     Func = "reverse"
	SubstrIndex Func = "substring_index"
	Repeat      Func = "repeat"
	Space       Func = "space"
	Ascii       Func = "ascii"
	Hex         Func = "hex"
	CastJSON    Func = "cast_as_json"
	AsJSON      Func = "as_json" // the argument of an aggregate function that makes JSON
)

// Functions of dates and times.
const (
	Year          Func = "year"
	Quarter       Func = "quarter"
	Month         Func = "month"
	Day           Func = "day"
	Hour          Func = "hour"
	Minute        Func = "minute"
	Second        Func = "second"
	Microsecond   Func = "microsecond"
	DayOfWeek     Func = "dayofweek"
	DayOfYear     Func = "dayofyear"
	Weekday       Func = "weekday"
	DateOf        Func = "date"     // temporal -> DATE
	DateAdd       Func = "date_add" // temporal, integer amount, unit as a text literal ("DAY", "MONTH", ...)
	DateSub       Func = "date_sub" // as DateAdd
	DateDiff      Func = "datediff" // days
	DateFormat    Func = "date_format"
	LastDay       Func = "last_day"
	Week          Func = "week" // temporal[, mode as a literal]
	YearWeek      Func = "yearweek"
	DayName       Func = "dayname"
	MonthName     Func = "monthname"
	ToDays        Func = "to_days"
	FromDays      Func = "from_days"
	CastYear      Func = "cast_as_year"
	MakeDate      Func = "makedate" // year, day of the year
	TimeToSec     Func = "time_to_sec"
	UnixTimestamp Func = "unix_timestamp" // temporal
	FromUnixTime  Func = "from_unixtime"  // seconds
	TimestampDiff Func = "timestampdiff"  // unit as a text literal, from, to
	Extract       Func = "extract"        // unit as a text literal, time or moment
)

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
)

// Functions that decide among arguments; the arguments have the result's type.
const (
	If       Func = "if"
	IfNull   Func = "ifnull"
	NullIf   Func = "nullif" // arguments have one comparison class; the result has the first one's type
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
	Trim        Func = "trim" // string: spaces at both ends
	LTrim       Func = "ltrim"
	RTrim       Func = "rtrim"
	Replace     Func = "replace"
	Locate      Func = "locate" // needle, haystack[, position]; INSTR is bound to it
	LPad        Func = "lpad"
	RPad        Func = "rpad"
	Reverse     Func = "reverse"
	SubstrIndex Func = "substring_index"
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
	TimestampDiff Func = "timestampdiff" // unit as a text literal, from, to
)

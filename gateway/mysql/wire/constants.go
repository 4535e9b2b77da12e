package wire

// Capability is a set of features of a connection (Capabilities Flags).
type Capability uint32

// The capabilities that matter to a server.
const (
	LongPassword     Capability = 1 << 0
	FoundRows        Capability = 1 << 1
	LongFlag         Capability = 1 << 2
	ConnectWithDB    Capability = 1 << 3
	NoSchema         Capability = 1 << 4
	Compress         Capability = 1 << 5
	ODBC             Capability = 1 << 6
	LocalFiles       Capability = 1 << 7
	IgnoreSpace      Capability = 1 << 8
	Protocol41       Capability = 1 << 9
	Interactive      Capability = 1 << 10
	SSL              Capability = 1 << 11
	IgnoreSigpipe    Capability = 1 << 12
	Transactions     Capability = 1 << 13
	SecureConnection Capability = 1 << 15
	MultiStatements  Capability = 1 << 16
	MultiResults     Capability = 1 << 17
	PSMultiResults   Capability = 1 << 18
	PluginAuth       Capability = 1 << 19
	ConnectAttrs     Capability = 1 << 20
	LenencAuth       Capability = 1 << 21
	ExpiredPasswords Capability = 1 << 22
	SessionTrack     Capability = 1 << 23
	DeprecateEOF     Capability = 1 << 24
	ZstdCompress     Capability = 1 << 26
	QueryAttributes  Capability = 1 << 27
)

// Has reports whether all of f are there.
func (c Capability) Has(f Capability) bool { return c&f == f }

// Status is what a server says of the session with each answer (Status Flags).
type Status uint16

// The status flags.
const (
	InTransaction      Status = 1 << 0
	Autocommit         Status = 1 << 1
	MoreResults        Status = 1 << 3
	CursorExists       Status = 1 << 6
	LastRowSent        Status = 1 << 7
	DatabaseDropped    Status = 1 << 8
	NoBackslashEscapes Status = 1 << 9
	StateChanged       Status = 1 << 14
)

// Command is the first byte of what a client asks for.
type Command byte

// The commands.
const (
	Quit             Command = 0x01
	InitDB           Command = 0x02
	Query            Command = 0x03
	FieldList        Command = 0x04
	Refresh          Command = 0x07
	Statistics       Command = 0x09
	ProcessInfo      Command = 0x0a
	ProcessKill      Command = 0x0c
	Debug            Command = 0x0d
	Ping             Command = 0x0e
	ChangeUser       Command = 0x11
	StmtPrepare      Command = 0x16
	StmtExecute      Command = 0x17
	StmtSendLongData Command = 0x18
	StmtClose        Command = 0x19
	StmtReset        Command = 0x1a
	SetOption        Command = 0x1b
	StmtFetch        Command = 0x1c
	ResetConnection  Command = 0x1f
)

// Type is a column's or a parameter's type (enum_field_types).
type Type byte

// The types.
const (
	TypeDecimal    Type = 0
	TypeTiny       Type = 1
	TypeShort      Type = 2
	TypeLong       Type = 3
	TypeFloat      Type = 4
	TypeDouble     Type = 5
	TypeNull       Type = 6
	TypeTimestamp  Type = 7
	TypeLongLong   Type = 8
	TypeInt24      Type = 9
	TypeDate       Type = 10
	TypeTime       Type = 11
	TypeDatetime   Type = 12
	TypeYear       Type = 13
	TypeVarchar    Type = 15
	TypeBit        Type = 16
	TypeJSON       Type = 245
	TypeNewDecimal Type = 246
	TypeEnum       Type = 247
	TypeSet        Type = 248
	TypeTinyBlob   Type = 249
	TypeMediumBlob Type = 250
	TypeLongBlob   Type = 251
	TypeBlob       Type = 252
	TypeVarString  Type = 253
	TypeString     Type = 254
	TypeGeometry   Type = 255
)

// IsText reports a type whose values go over the wire as bytes after their length.
func (t Type) IsText() bool {
	switch t {
	case TypeVarchar, TypeVarString, TypeString, TypeEnum, TypeSet, TypeBit, TypeJSON,
		TypeTinyBlob, TypeMediumBlob, TypeLongBlob, TypeBlob, TypeGeometry:
		return true
	}
	return false
}

// Flag is what a column definition says of a column (Column Definition Flags).
type Flag uint16

// The flags.
const (
	NotNull       Flag = 1 << 0
	PrimaryKey    Flag = 1 << 1
	UniqueKey     Flag = 1 << 2
	MultipleKey   Flag = 1 << 3
	Blob          Flag = 1 << 4
	Unsigned      Flag = 1 << 5
	Zerofill      Flag = 1 << 6
	Binary        Flag = 1 << 7
	Enum          Flag = 1 << 8
	AutoIncrement Flag = 1 << 9
	Timestamp     Flag = 1 << 10
	Set           Flag = 1 << 11
	NoDefault     Flag = 1 << 12
	UpdatedNow    Flag = 1 << 13
	PartKey       Flag = 1 << 14
	Num           Flag = 1 << 15
)

// The collation ids that column definitions name.
const (
	BinaryCollation  = 63
	Utf8mb4Collation = 255 // utf8mb4_0900_ai_ci
)

// maxPayload is the most bytes of a packet; one of just that many is followed by the rest of its content.
const maxPayload = 1<<24 - 1

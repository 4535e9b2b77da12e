package wire

import "encoding/binary"

const (
	okHeader    = 0x00
	eofHeader   = 0xfe
	errHeader   = 0xff
	moreHeader  = 0x01 // AuthMoreData
	localHeader = 0xfb // asks for a file
)

// OK is what an OK packet says.
type OK struct {
	AffectedRows, InsertID uint64
	Status                 Status
	Warnings               uint16
	Info                   string
	Changes                []Change // of the session; told with SessionTrack only
}

// ChangeKind is what has changed of a session (enum_session_state_type).
type ChangeKind byte

// The kinds of change.
const (
	VariableChanged ChangeKind = 0
	SchemaChanged   ChangeKind = 1
)

// Change is something of the session that is other than the client knows.
type Change struct {
	Kind  ChangeKind
	Name  string // of a variable
	Value string
}

// appendOK appends an OK packet; header is okHeader, or eofHeader where it ends a result.
func appendOK(dst []byte, header byte, ok OK, has Capability) []byte {
	dst = append(dst, header)
	dst = AppendLenenc(dst, ok.AffectedRows)
	dst = AppendLenenc(dst, ok.InsertID)
	status := ok.Status
	tracked := has.Has(SessionTrack) && len(ok.Changes) > 0
	if tracked {
		status |= StateChanged
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(status))
	dst = binary.LittleEndian.AppendUint16(dst, ok.Warnings)
	if ok.Info != "" || tracked {
		dst = AppendText(dst, ok.Info) // after its length in any case, whatever the documentation says
	}
	if !tracked {
		return dst
	}
	var all []byte
	for _, c := range ok.Changes {
		var data []byte
		if c.Kind == VariableChanged {
			data = AppendText(data, c.Name)
		}
		data = AppendText(data, c.Value)
		all = AppendText(append(all, byte(c.Kind)), data)
	}
	return AppendText(dst, all)
}

// WriteOK appends the OK packet that answers a command without a result.
func (c *Conn) WriteOK(ok OK, has Capability) error {
	return c.Packet(func(dst []byte) []byte { return appendOK(dst, okHeader, ok, has) })
}

// WriteEnd appends what ends a result's rows, or with has lacking DeprecateEOF its columns.
func (c *Conn) WriteEnd(ok OK, has Capability) error {
	return c.Packet(func(dst []byte) []byte {
		if has.Has(DeprecateEOF) {
			return appendOK(dst, eofHeader, ok, has)
		}
		dst = binary.LittleEndian.AppendUint16(append(dst, eofHeader), ok.Warnings)
		return binary.LittleEndian.AppendUint16(dst, uint16(ok.Status))
	})
}

// Error is what an ERR packet says.
type Error struct {
	Errno   uint16
	State   string // five characters
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// WriteError appends an ERR packet.
func (c *Conn) WriteError(e *Error) error {
	return c.Packet(func(dst []byte) []byte {
		dst = binary.LittleEndian.AppendUint16(append(dst, errHeader), e.Errno)
		dst = append(append(dst, '#'), e.State...)
		return append(dst, e.Message...)
	})
}

// WriteColumns appends the head of a result: how many columns it has, their definitions, and what ends these.
func (c *Conn) WriteColumns(columns []Column, status Status, warnings uint16, has Capability) error {
	err := c.writeCount(columns)
	if err != nil {
		return err
	}
	return c.writeDefinitions(columns, status, warnings, has)
}

// WriteCursor appends the head of a result whose rows the client will fetch.
func (c *Conn) WriteCursor(columns []Column, status Status, warnings uint16, has Capability) error {
	if err := c.writeCount(columns); err != nil {
		return err
	}
	if err := c.WriteDefinitions(columns); err != nil {
		return err
	}
	return c.WriteEnd(OK{Status: status | CursorExists, Warnings: warnings}, has)
}

func (c *Conn) writeCount(columns []Column) error {
	return c.Packet(func(dst []byte) []byte { return AppendLenenc(dst, uint64(len(columns))) })
}

// WriteDefinitions appends column definitions.
func (c *Conn) WriteDefinitions(columns []Column) error {
	for i := range columns {
		if err := c.Packet(columns[i].append); err != nil {
			return err
		}
	}
	return nil
}

// writeDefinitions appends column definitions and, for clients that want it, what ends them.
func (c *Conn) writeDefinitions(columns []Column, status Status, warnings uint16, has Capability) error {
	err := c.WriteDefinitions(columns)
	if err != nil || has.Has(DeprecateEOF) {
		return err
	}
	return c.WriteEnd(OK{Status: status, Warnings: warnings}, has)
}

// Column is what a column definition says (Column Definition Packet).
type Column struct {
	Schema, Table, OrgTable, Name, OrgName string

	Collation uint16
	Length    uint32 // the most bytes that a value has when shown
	Type      Type
	Flags     Flag
	Decimals  uint8
	Default   *string // for COM_FIELD_LIST, which asks for it; nil elsewhere
}

func (d *Column) append(dst []byte) []byte {
	dst = AppendText(dst, "def")
	for _, s := range []string{d.Schema, d.Table, d.OrgTable, d.Name, d.OrgName} {
		dst = AppendText(dst, s)
	}
	dst = append(dst, 0x0c) // the bytes that follow
	dst = binary.LittleEndian.AppendUint16(dst, d.Collation)
	dst = binary.LittleEndian.AppendUint32(dst, d.Length)
	dst = append(dst, byte(d.Type))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(d.Flags))
	dst = append(dst, d.Decimals, 0, 0)
	if d.Default != nil {
		dst = AppendText(dst, *d.Default)
	}
	return dst
}

// WritePrepared appends what answers COM_STMT_PREPARE: the statement's number, and how its parameters and columns look.
func (c *Conn) WritePrepared(id uint32, params int, columns []Column, status Status, warnings uint16, has Capability) error {
	err := c.Packet(func(dst []byte) []byte {
		dst = binary.LittleEndian.AppendUint32(append(dst, okHeader), id)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(columns)))
		dst = binary.LittleEndian.AppendUint16(dst, uint16(params))
		return binary.LittleEndian.AppendUint16(append(dst, 0), warnings)
	})
	if err == nil && params > 0 {
		// MySQL calls a parameter that it knows nothing of a text.
		param := Column{Name: "?", Type: TypeVarString, Collation: BinaryCollation, Flags: Binary}
		all := make([]Column, params)
		for i := range all {
			all[i] = param
		}
		err = c.writeDefinitions(all, status, warnings, has)
	}
	if err == nil && len(columns) > 0 {
		err = c.writeDefinitions(columns, status, warnings, has)
	}
	return err
}

// RequestFile writes the packet that asks a client for a file of its own. It comes in packets, the last of which is empty.
func (c *Conn) RequestFile(name string) error {
	err := c.Packet(func(dst []byte) []byte { return append(append(dst, localHeader), name...) })
	if err != nil {
		return err
	}
	return c.Flush()
}

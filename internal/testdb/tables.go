package testdb

// Tables returns the tables. t1 and t2 share keys, some of them NULL or missing on one side; t3 repeats its rows; t4
// holds the ends of each type's range; t0 is empty.
func Tables() []Table {
	return []Table{
		{Name: "t0", Columns: []Column{{Name: "a", Kind: Integer}, {Name: "s", Kind: Text}}},
		{
			Name: "t1",
			Columns: []Column{
				{Name: "id", Kind: Integer}, {Name: "a", Kind: Integer}, {Name: "b", Kind: Integer}, {Name: "s", Kind: Text},
				{Name: "d", Kind: Decimal, Precision: 10, Scale: 2}, {Name: "f", Kind: Double}, {Name: "dt", Kind: Date},
				{Name: "ts", Kind: Datetime},
			},
			Rows: [][]any{
				{"1", "1", "10", "apple", "1.50", "0.5", "2024-01-01", "2024-01-01 00:00:00"},
				{"2", "1", "20", "Apple", "2.50", "-1.25", "2024-01-31", "2024-01-31 23:59:59.999999"},
				{"3", "2", nil, "banana", "-3.75", "2", "2024-02-29", "2024-02-29 12:30:00"},
				{"4", "2", "10", "", "0.00", "0", "2023-12-31", "2023-12-31 23:59:59"},
				{"5", nil, "30", " lead", "10.00", "1000", "2000-01-01", "2000-01-01 06:07:08.000009"},
				{"6", "3", "-5", "trail ", nil, "0.125", nil, nil},
				{"7", "3", "0", nil, "99999999.99", nil, "1970-01-01", "1970-01-01 00:00:00"},
				{"8", nil, nil, "cherry", "-99999999.99", "-0.5", "1999-12-31", "1999-12-31 23:59:59.5"},
				{"9", "5", "40", "trail", "1.50", "0.5", "2024-01-01", "2024-01-01 13:00:00"},
				{"10", "-7", "7", "100%", "0.01", "-8", "2024-03-10", "2024-03-10 02:30:00"},
				{"11", "0", "0", "a_b", "-0.01", "3.75", "2024-12-25", "2024-12-25 18:45:30.25"},
				{"12", "4", "10", "naïve", "5.55", "16", "2038-01-19", "2038-01-19 03:14:07"},
				{"13", "4", "3", "😀 smile", "7.00", "64", "2024-02-28", "2024-02-28 10:00:00"},
			},
		},
		{
			Name: "t2",
			Columns: []Column{
				{Name: "id", Kind: Integer}, {Name: "a", Kind: Integer}, {Name: "s", Kind: Text},
				{Name: "d", Kind: Decimal, Precision: 12, Scale: 4}, {Name: "dt", Kind: Date},
			},
			Rows: [][]any{
				{"1", "1", "apple", "1.5000", "2024-01-01"},
				{"2", "2", "BANANA", "2.5001", "2024-02-29"},
				{"3", "2", "banana", "-3.7500", nil},
				{"4", nil, "cherry", nil, "2024-01-01"},
				{"5", "6", "trail", "0.0001", "2025-06-15"},
				{"6", "3", "trail ", "12345678.1234", "1970-01-01"},
				{"7", nil, nil, "-0.0001", "1999-12-31"},
				{"8", "4", "NAÏVE", "7.0000", "2024-02-28"},
				{"9", "4", "it's", "7.0000", "2024-02-28"},
				{"10", "-7", `back\slash`, "10.0000", "2024-03-10"},
			},
		},
		{
			Name:    "t3",
			Columns: []Column{{Name: "a", Kind: Integer}, {Name: "b", Kind: Integer}, {Name: "s", Kind: Text}},
			Rows: [][]any{
				{"1", "1", "x"}, {"1", "1", "x"}, {"1", "2", "X"}, {"2", nil, "x"}, {"2", nil, nil}, {nil, "3", "y"},
				{nil, nil, nil}, {nil, nil, nil}, {"3", "3", ""},
			},
		},
		{
			Name: "t4",
			Columns: []Column{
				{Name: "k", Kind: Integer}, {Name: "v", Kind: Integer}, {Name: "w", Kind: Decimal, Precision: 15, Scale: 5},
				{Name: "g", Kind: Double}, {Name: "s", Kind: Text},
			},
			Rows: [][]any{
				{"1", "9223372036854775807", "9999999999.99999", "1e300", "9223372036854775807"},
				{"2", "-9223372036854775808", "-9999999999.99999", "-1e300", "-1"},
				{"3", "0", "0.00000", "0", "0"},
				{"4", "-1", "0.00001", "1e-300", "12abc"},
				{"5", "2147483648", "-0.00001", "-0.25", " 7"},
				{"6", nil, nil, nil, nil},
				{"7", "9007199254740993", "33333.33333", "9007199254740992", "1e3"},
				{"8", "255", "0.50000", "0.5", ".5"},
				{"9", "1", "1.00000", "1", "2024-01-01"},
			},
		},
	}
}

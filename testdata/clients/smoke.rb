# Ruby's mysql2 reads the same values.
require "mysql2"

values = {
  "i" => 1, "big" => -9223372036854775808, "u" => 18446744073709551615, "d" => BigDecimal("1.5"), "f" => 0.1, "s" => "häß€😀",
  "dt" => Date.new(2024, 2, 29), "ts" => Time.utc(2024, 2, 29, 1, 2, 3, 123456), "t" => Time.utc(2000, 1, 1, 6, 3, 4), "n" => nil,
  "b" => "\x00\xff".b, "j" => '{"a": 1}',
}
query = File.read(File.join(__dir__, "values.sql"), encoding: "UTF-8").strip

def same(got, want)
  raise "#{got.inspect}, not #{want.inspect}" unless got == want
end

failed = false
[["root", "sesame"], ["sha", "secret"]].each do |user, password|
  c = Mysql2::Client.new(host: ENV["SILOGATE_HOST"], port: ENV["SILOGATE_PORT"].to_i, username: user, password: password, database: "clients",
                         encoding: "utf8mb4", database_timezone: :utc)
  same(c.query(query).first, values)
  [[query, [], values], ["SELECT ? a, ? b", [150, "ä"], { "a" => 150, "b" => "ä" }]].each do |text, args, row|
    s = c.prepare(text)
    same(s.execute(*args).first, row)
    s.close # the collector would in the middle of a stream, which ends that
  end
  same(c.query("SELECT id FROM orders", stream: true, cache_rows: false).sum { |row| row["id"] }, 500500)
  begin
    c.query("SELECT nope FROM orders")
    raise "an unknown column is no error"
  rescue Mysql2::Error => e
    same([e.error_number, e.sql_state], [1054, "42S22"])
  end
rescue StandardError => e
  warn "mysql2 as #{user}: #{e.message}"
  failed = true
end
exit(!failed)

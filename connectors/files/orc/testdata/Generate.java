// Writes the files java_*.orc by the Java library; generate.py runs it.

import java.io.File;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.util.GregorianCalendar;
import java.util.TimeZone;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.orc.storage.common.type.HiveDecimal;
import org.apache.orc.storage.ql.exec.vector.*;
import org.apache.orc.CompressionKind;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.orc.Writer;

public class Generate {
    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
        types();
        for (CompressionKind kind : new CompressionKind[] {CompressionKind.NONE, CompressionKind.ZLIB, CompressionKind.SNAPPY, CompressionKind.LZ4,
                CompressionKind.ZSTD}) {
            many("java_" + kind.name().toLowerCase(), kind, OrcFile.Version.V_0_12, kind == CompressionKind.ZLIB ? 12_000 : 5_000);
        }
        many("java_rle1", CompressionKind.ZLIB, OrcFile.Version.V_0_11, 12_000);
        lzo();
    }

    static Path fresh(String name) {
        new File(name).delete();
        new File("." + name + ".crc").delete();
        return new Path(name);
    }

    static void close(Writer w, String name) throws Exception {
        w.close();
        new File("." + name + ".crc").delete();
    }

    // The day of a date as GregorianCalendar has it: before 1582-10-15 that of the Julian calendar.
    static long day(int year, int month, int day) {
        GregorianCalendar c = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
        c.clear();
        c.set(year, month - 1, day);
        return Math.floorDiv(c.getTimeInMillis(), 86_400_000L);
    }

    // A file of the types that pyarrow does not write, in a zone of its own and the calendar of Hive.
    static void types() throws Exception {
        TypeDescription schema = TypeDescription.fromString("struct<c:char(5),v:varchar(10),u:uniontype<int,string,array<int>>,t:timestamp,"
            + "z:timestamp with local time zone,d:date,n:decimal(20,5),m:map<string,struct<a:int,b:uniontype<int,string>>>>");
        Writer w = OrcFile.createWriter(fresh("java_types.orc"), OrcFile.writerOptions(new Configuration()).setSchema(schema).compress(CompressionKind.ZLIB));
        VectorizedRowBatch b = schema.createRowBatch();
        b.size = 5;
        String[] moments = {"1965-07-01 12:34:56.789012345", "2024-07-01 00:00:00.0", null, "1500-03-01 01:02:03.5", "2024-01-15 23:59:59.999999999"};
        String[] texts = {"ab", "", null, "a b", "éé"};
        int[][] dates = {{1969, 12, 31}, {1500, 3, 1}, null, {1582, 10, 4}, {1582, 10, 15}};
        String[] numbers = {"-1.5", "123456789012345.12345", null, "0", "99999"};
        for (int i = 0; i < b.size; i++) {
            for (int c = 0; c < 2; c++) {
                BytesColumnVector v = (BytesColumnVector) b.cols[c];
                if (texts[i] == null) {
                    v.noNulls = false;
                    v.isNull[i] = true;
                } else {
                    v.setVal(i, texts[i].getBytes(StandardCharsets.UTF_8));
                }
            }
            UnionColumnVector u = (UnionColumnVector) b.cols[2];
            u.tags[i] = i % 3;
            ((LongColumnVector) u.fields[0]).vector[i] = i * 10;
            ((BytesColumnVector) u.fields[1]).setVal(i, ("text " + i).getBytes());
            ListColumnVector list = (ListColumnVector) u.fields[2];
            list.offsets[i] = list.childCount;
            list.lengths[i] = i % 3 == 2 ? 2 : 0;
            list.childCount += list.lengths[i];
            ((LongColumnVector) list.child).vector[0] = 5;
            ((LongColumnVector) list.child).vector[1] = 6;
            TimestampColumnVector t = (TimestampColumnVector) b.cols[3], z = (TimestampColumnVector) b.cols[4];
            LongColumnVector d = (LongColumnVector) b.cols[5];
            DecimalColumnVector n = (DecimalColumnVector) b.cols[6];
            if (moments[i] == null) {
                for (int c = 3; c < 7; c++) {
                    b.cols[c].noNulls = false;
                    b.cols[c].isNull[i] = true;
                }
            } else {
                t.set(i, Timestamp.valueOf(moments[i]));
                z.set(i, Timestamp.valueOf(moments[i]));
                d.vector[i] = day(dates[i][0], dates[i][1], dates[i][2]);
                n.set(i, HiveDecimal.create(numbers[i]));
            }
            MapColumnVector m = (MapColumnVector) b.cols[7];
            m.offsets[i] = i;
            m.lengths[i] = 1;
            m.childCount = i + 1;
            ((BytesColumnVector) m.keys).setVal(i, ("k" + i).getBytes());
            StructColumnVector s = (StructColumnVector) m.values;
            ((LongColumnVector) s.fields[0]).vector[i] = i;
            UnionColumnVector inner = (UnionColumnVector) s.fields[1];
            inner.tags[i] = i % 2;
            ((LongColumnVector) inner.fields[0]).vector[i] = -i;
            ((BytesColumnVector) inner.fields[1]).setVal(i, "x".getBytes());
        }
        w.addRowBatch(b);
        close(w, "java_types.orc");
        try (PrintWriter out = new PrintWriter("java_types.txt", StandardCharsets.UTF_8)) {
            out.println("c char(5)|\"ab\"|\"\"|NULL|\"a b\"|\"éé\"");
            out.println("v varchar(10)|\"ab\"|\"\"|NULL|\"a b\"|\"éé\"");
            out.println("u json|\"0\"|\"\\\"text 1\\\"\"|\"[5, 6]\"|\"30\"|\"\\\"text 4\\\"\"");
            out.println("t datetime(6)|1965-07-01 12:34:56.789012|2024-07-01 00:00:00.000000|NULL|1500-03-01 01:02:03.500000|2024-01-15 23:59:59.999999");
            // New York is 4 hours behind in summer, 5 in winter, and for Java was so before 1900.
            out.println("z timestamp(6)|1965-07-01 16:34:56.789012|2024-07-01 04:00:00.000000|NULL|1500-03-01 06:02:03.500000|2024-01-16 04:59:59.999999");
            out.println("d date|1969-12-31|1500-03-01|NULL|1582-10-04|1582-10-15");
            out.println("n decimal(20,5)|-1.50000|123456789012345.12345|NULL|0.00000|99999.00000");
            out.print("m json");
            for (int i = 0; i < 5; i++) {
                out.print("|\"{\\\"k" + i + "\\\": {\\\"a\\\": " + i + ", \\\"b\\\": " + (i % 2 == 0 ? String.valueOf(-i) : "\\\"x\\\"") + "}}\"");
            }
            out.println();
        }
    }

    // The rows of generate.py's files of many rows: chunks of 1 KiB, which runs cross, and several stripes, or one.
    static void many(String name, CompressionKind kind, OrcFile.Version version, int rows) throws Exception {
        TypeDescription schema = TypeDescription.fromString("struct<id:bigint,same:int,steps:bigint,down:bigint,mixed:int,spikes:bigint,wide:bigint,"
            + "byte:tinyint,flag:boolean,real:double,money:decimal(12,2),at:timestamp,word:string,note:string,few:bigint,few_words:string,list:array<bigint>>");
        Writer w = OrcFile.createWriter(fresh(name + ".orc"), OrcFile.writerOptions(new Configuration()).setSchema(schema).compress(kind)
            .bufferSize(1024).enforceBufferSize().rowIndexStride(2500).stripeSize(kind == CompressionKind.ZLIB && version == OrcFile.Version.V_0_12 ? 64 << 20 : 150_000).version(version));
        VectorizedRowBatch b = schema.createRowBatch(500);
        for (int i = 0; i < rows; i++) {
            int r = b.size++;
            long[] numbers = {i, 7, i / 100 * 3 - 1000, -((long) i * i), i * 7919L % 1009 - 500, i % 97 == 0 ? (1L << 40) + i : i % 13,
                i * 0x9E3779B97F4A7C15L - Long.MIN_VALUE, i % 500 < 250 ? i / 7 % 100 : i * 31L % 256 - 128, i % 3 == 0 || i % 1000 > 900 ? 1 : 0};
            for (int c = 0; c < numbers.length; c++) {
                ((LongColumnVector) b.cols[c]).vector[r] = numbers[c];
            }
            ((DoubleColumnVector) b.cols[9]).vector[r] = i * 0.25;
            ((DecimalColumnVector) b.cols[10]).set(r, HiveDecimal.create(java.math.BigInteger.valueOf(i * 7919L - 100_000_000L), 2));
            long micros = i * 86_399_999_999L - 1_000_000_000_000_000L;
            // What a clock in New York showed, always late in the evening, which summer time leaves alone.
            java.time.LocalDateTime at = java.time.LocalDateTime.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), (int) Math.floorMod(micros, 1_000_000L) * 1000,
                java.time.ZoneOffset.UTC);
            ((TimestampColumnVector) b.cols[11]).set(r, Timestamp.valueOf(at));
            ((BytesColumnVector) b.cols[12]).setVal(r, ("word " + i % 50).getBytes());
            ((BytesColumnVector) b.cols[13]).setVal(r, ("note " + (long) i * i + "-".repeat(i % 10)).getBytes());
            sparse(b.cols[14], r, i % 4001 == 0);
            ((LongColumnVector) b.cols[14]).vector[r] = i * 2;
            sparse(b.cols[15], r, i % 3001 == 0);
            ((BytesColumnVector) b.cols[15]).setVal(r, ("few " + i).getBytes());
            ListColumnVector list = (ListColumnVector) b.cols[16];
            list.offsets[r] = list.childCount;
            list.lengths[r] = i % 4;
            list.child.ensureSize(list.childCount + 4, true);
            for (int k = 0; k < i % 4; k++) {
                ((LongColumnVector) list.child).vector[list.childCount++] = i;
            }
            if (b.size == 500) {
                w.addRowBatch(b);
                b.reset();
            }
        }
        close(w, name + ".orc");
    }

    static void sparse(ColumnVector v, int row, boolean has) {
        v.isNull[row] = !has;
        v.noNulls = v.noNulls && has;
    }

    // A file that is not read.
    static void lzo() throws Exception {
        TypeDescription schema = TypeDescription.fromString("struct<a:int>");
        Writer w = OrcFile.createWriter(fresh("java_lzo.orc"), OrcFile.writerOptions(new Configuration()).setSchema(schema).compress(CompressionKind.LZO));
        VectorizedRowBatch b = schema.createRowBatch();
        b.size = 1;
        w.addRowBatch(b);
        close(w, "java_lzo.orc");
    }
}

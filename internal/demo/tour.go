package demo

// Stop is one query of the tour.
type Stop struct {
	Says    string // what the query is for
	Query   string
	Expect  string     // what to look for in the answer
	Columns []string   // of the answer, and
	Rows    [][]string // its rows; none where it depends on the version
}

// Tour is the queries that the demo proposes.
func Tour() []Stop {
	return []Stop{
		{
			Says:   "One catalog: the lake's Parquet files and the shop's database, side by side.",
			Query:  "SHOW DATABASES",
			Expect: "lake and shop among the databases",
		},
		{
			Says: "The dataset in the lake: how many reviews of each class are in each split.",
			Query: `SELECT r.split, l.class, COUNT(*) AS reviews
FROM lake.reviews r JOIN lake.labels l ON l.label = r.label
GROUP BY r.split, l.class ORDER BY r.split, l.class`,
			Expect:  "six rows, 9,600 reviews to train on and 2,400 to test with",
			Columns: []string{"split", "class", "reviews"},
			Rows: [][]string{
				{"test", "negative", "574"}, {"test", "neutral", "483"}, {"test", "positive", "1343"},
				{"train", "negative", "2385"}, {"train", "neutral", "1887"}, {"train", "positive", "5328"},
			},
		},
		{
			Says: "Across silos: which categories of the shop disappoint, by the reviews in the lake.",
			Query: `SELECT p.category, COUNT(*) AS reviews, SUM(r.label = 0) AS negative, ROUND(AVG(r.stars), 2) AS stars
FROM lake.reviews r JOIN shop.products p ON p.id = r.product_id
WHERE r.split = 'train'
GROUP BY p.category ORDER BY negative DESC`,
			Expect:  "six rows; toys disappoint most, audio least",
			Columns: []string{"category", "reviews", "negative", "stars"},
			Rows: [][]string{
				{"toys", "1580", "638", "3.00"}, {"outdoor", "1621", "559", "3.19"}, {"kitchen", "1628", "442", "3.39"},
				{"garden", "1600", "365", "3.52"}, {"books", "1569", "243", "3.73"}, {"audio", "1602", "138", "3.93"},
			},
		},
	}
}

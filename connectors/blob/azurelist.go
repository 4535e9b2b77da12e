package blob

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
)

// azureEntries are the elements of a listing, in which blobs and folders alternate.
type azureEntries struct{ entries []Entry }

// azureEntry is a Blob or a BlobPrefix.
type azureEntry struct {
	Name struct {
		Encoded bool   `xml:",attr"` // it has characters that XML has not
		Text    string `xml:",chardata"`
	}
	Properties struct {
		ETag         string `xml:"Etag"`
		Length       int64  `xml:"Content-Length"`
		LastModified string `xml:"Last-Modified"`
		ResourceType string // "directory" is one of a hierarchical namespace
	}
}

// UnmarshalXML implements xml.Unmarshaler.
func (l *azureEntries) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			if _, ended := token.(xml.EndElement); ended {
				return nil
			}
			continue
		}
		var e azureEntry
		if err := d.DecodeElement(&e, &start); err != nil {
			return err
		}
		key := e.Name.Text
		if e.Name.Encoded {
			if key, err = url.PathUnescape(key); err != nil {
				return err
			}
		}
		switch {
		case start.Name.Local == "BlobPrefix":
			l.entries = append(l.entries, folder(key))
		case e.Properties.ResourceType != "directory":
			modified, _ := http.ParseTime(e.Properties.LastModified) // else it is not known
			l.entries = append(l.entries, Entry{Object: Object{Key: key, Size: e.Properties.Length, ETag: quoted(e.Properties.ETag)}, Modified: modified})
		}
	}
}

// quoted is an entity tag as headers have it: listings have it without quotes.
func quoted(tag string) string { return `"` + strings.Trim(tag, `"`) + `"` }

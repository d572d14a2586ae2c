// Package handler serves pictures made smaller.
package handler

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/image/draw"
)

// Limits of what is taken and given. Together they keep memory under 64 MiB: a progressive JPEG takes 15 bytes for each of its pixels,
// and the scaler 32 for each pixel of a picture as wide as the thumbnail and as high as the original.
const (
	// MaxBytes of an encoded picture.
	MaxBytes = 4 << 20
	// MaxSide and MaxPixels of a picture: full HD and a little more.
	MaxSide   = 2048
	MaxPixels = 2 << 20
	// MaxThumbnailSide in pixels.
	MaxThumbnailSide = 512

	defaultWidth = 128
	quality      = 85
)

const usage = `POST a JPEG or PNG picture, get it back resized:

    curl --data-binary @picture.jpg 'URL?w=200' -o thumbnail.jpg

w, h      width and height in pixels, at most 512; the aspect is kept when one is given; default w=128
format    jpeg or png; default is that of the picture
`

// New returns a handler that answers a POST of a picture with its thumbnail, and a GET with the usage.
func New() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, usage) // the asker has gone
	case http.MethodPost:
		resize(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "POST a picture", http.StatusMethodNotAllowed)
	}
}

func resize(w http.ResponseWriter, r *http.Request) {
	wanted, err := parse(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxBytes+1))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(data) > MaxBytes {
		http.Error(w, "the picture is larger than 4 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		http.Error(w, "the picture is neither JPEG nor PNG", http.StatusUnsupportedMediaType)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	case config.Width < 1 || config.Height < 1:
		http.Error(w, "the picture is empty", http.StatusBadRequest)
		return
	case config.Width > MaxSide || config.Height > MaxSide || config.Width*config.Height > MaxPixels:
		http.Error(w, fmt.Sprintf("the picture has %d x %d pixels, more than %d a side or %d in all", config.Width, config.Height,
			MaxSide, MaxPixels), http.StatusRequestEntityTooLarge)
		return
	}
	size, err := wanted.size(config.Width, config.Height)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if wanted.format != "" {
		format = wanted.format
	}
	thumbnail, err := encode(picture, size, format)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/"+format)
	_, _ = w.Write(thumbnail)
}

// request is what the query asks for; zero and "" say that it does not.
type request struct {
	width, height int
	format        string
}

func parse(query url.Values) (request, error) {
	wanted := request{format: query.Get("format")}
	if wanted.format != "" && wanted.format != "jpeg" && wanted.format != "png" {
		return wanted, errors.New("format must be jpeg or png")
	}
	var err error
	if wanted.width, err = side(query, "w"); err != nil {
		return wanted, err
	}
	if wanted.height, err = side(query, "h"); err != nil {
		return wanted, err
	}
	if wanted.width == 0 && wanted.height == 0 {
		wanted.width = defaultWidth
	}
	return wanted, nil
}

// side returns a length in pixels from the query, or 0 when there is none.
func side(query url.Values, name string) (int, error) {
	if !query.Has(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 1 || n > MaxThumbnailSide {
		return 0, fmt.Errorf("%s must be a number from 1 to %d", name, MaxThumbnailSide)
	}
	return n, nil
}

// size is that of the thumbnail of a picture of width and height.
func (r request) size(width, height int) (image.Rectangle, error) {
	w, h := r.width, r.height
	if w == 0 {
		w = scaled(width, h, height)
	}
	if h == 0 {
		h = scaled(height, w, width)
	}
	if w > MaxThumbnailSide || h > MaxThumbnailSide {
		return image.Rectangle{}, fmt.Errorf("the thumbnail would have %d x %d pixels, more than %d a side", w, h, MaxThumbnailSide)
	}
	return image.Rect(0, 0, w, h), nil
}

// scaled returns side * to / from, rounded, and one at least.
func scaled(side, to, from int) int {
	return int(max(1, (int64(side)*int64(to)+int64(from)/2)/int64(from)))
}

// plain returns the picture in a form that the scaler reads without a call for each pixel and tap.
func plain(picture image.Image) image.Image {
	switch picture.(type) {
	case *image.Gray, *image.NRGBA, *image.RGBA, *image.YCbCr:
		return picture
	}
	m := image.NewRGBA(picture.Bounds())
	draw.Draw(m, m.Bounds(), picture, m.Bounds().Min, draw.Src)
	return m
}

func encode(picture image.Image, size image.Rectangle, format string) ([]byte, error) {
	thumbnail, op := image.NewRGBA(size), draw.Src
	if format == "jpeg" {
		// JPEG knows no transparency: what shows through is white.
		draw.Draw(thumbnail, size, image.White, image.Point{}, draw.Src)
		op = draw.Over
	}
	draw.CatmullRom.Scale(thumbnail, size, plain(picture), picture.Bounds(), op, nil)
	var out bytes.Buffer
	if format == "jpeg" {
		err := jpeg.Encode(&out, thumbnail, &jpeg.Options{Quality: quality})
		return out.Bytes(), err
	}
	err := png.Encode(&out, thumbnail)
	return out.Bytes(), err
}

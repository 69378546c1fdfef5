package results

import "os"

// replaceFile is not atomic here: Windows cannot rename over an open file.
func replaceFile(path string, data []byte) error { return os.WriteFile(path, data, 0o644) }

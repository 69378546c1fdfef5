package results

import "path/filepath"

// InUse says that a program which is alive records into the run's folder, or into one of its
// stages. The system forgets it when the program ends, however it ends. Where the system has no
// such locks it is false.
func (r Run) InUse() bool {
	if held(r.Dir) {
		return true
	}
	if r.Journey {
		for _, st := range r.Stages() {
			if held(st.Dir) {
				return true
			}
		}
	}
	return false
}

// lockFile is what is locked of the folder dir: the folder itself, whose content is replaced
// as it likes.
func lockFile(dir string) string { return filepath.Clean(dir) }

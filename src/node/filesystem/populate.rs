//! Many files at once, from JavaScript's `{ path: content }`.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::{FromNapiValue, Unknown};
use napi::{Env, JsValue, check_status, sys};
use napi_derive::napi;

use super::FileSystem;
use super::values::{Text, scoped};
use crate::abi::Errno;
use crate::span::Span;
use crate::vfs::tree::MAX_NAME;
use crate::vfs::{Access, OpenOptions, Opened, Path, Trail};

#[napi]
impl FileSystem {
    /// Makes the files of these absolute paths with these contents (`null`: a directory), and the directories that they are
    /// in. Stops at the first that fails: answers its errno and its index.
    #[napi(catch_unwind)]
    pub fn populate(
        &self,
        env: Env,
        paths: Unknown<'_>,
        contents: Unknown<'_>,
    ) -> napi::Result<Option<Vec<u32>>> {
        let env = env.raw();
        let mut count = 0;
        // SAFETY: the value is live.
        check_status!(unsafe { sys::napi_get_array_length(env, paths.raw(), &mut count) })?;
        let mut way = Way(Trail::new(Arc::clone(self.root())));
        for at in 0..count {
            let made = scoped(env, || {
                let path = text_at(env, paths.raw(), at)?.unwrap_or_default();
                text_at(env, contents.raw(), at).map(|content| way.make(&path, content))
            })?;
            if let Err(errno) = made {
                return Ok(Some(vec![errno as u32, at]));
            }
        }
        Ok(None)
    }
}

/// An element of an array, or `None` where it is null.
fn text_at(env: sys::napi_env, array: sys::napi_value, at: u32) -> napi::Result<Option<Vec<u8>>> {
    let (mut value, mut kind) = (null_mut(), 0);
    // SAFETY: the array is live, and so is what it holds while the caller's scope is open.
    unsafe {
        check_status!(sys::napi_get_element(env, array, at, &mut value))?;
        check_status!(sys::napi_typeof(env, value, &mut kind))?;
        if kind == sys::ValueType::napi_null {
            return Ok(None);
        }
        Text::from_napi_value(env, value).map(|text| Some(text.0))
    }
}

/// The way to the last file, of which the next one's has most.
struct Way(Trail);

impl Way {
    fn make(&mut self, path: &[u8], content: Option<Vec<u8>>) -> Result<(), Errno> {
        let mut names: Vec<&[u8]> = Vec::new();
        for name in path.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => _ = names.pop(),
                name if name.len() > MAX_NAME => return Err(Errno::Nametoolong),
                name => names.push(name),
            }
        }
        let Some(mut content) = content else { return self.go(&names) };
        if path.ends_with(b"/") {
            return Err(Errno::Isdir);
        }
        let name = names.pop().ok_or(Errno::Isdir)?;
        self.go(&names)?;
        let options = OpenOptions {
            follow: true,
            access: Access::Write,
            directory: false,
            create: true,
            exclusive: false,
            truncate: true,
        };
        let name = [name, b"\0"].concat();
        let Opened::File(file) = self.0.here().open(Path::of_host(&name)?, options)? else {
            return Err(Errno::Isdir);
        };
        let span = Span::over(&mut content);
        let mut at = 0;
        while at < span.len() {
            match file.write_at(&[span.after(at)], at as u64)? {
                0 => return Err(Errno::Io),
                written => at += written,
            }
        }
        Ok(())
    }

    /// Goes to a directory, and makes what is missing of it.
    fn go(&mut self, names: &[&[u8]]) -> Result<(), Errno> {
        self.0.go_back(names)?;
        for name in &names[self.0.depth()..] {
            let with_nul = [name, &b"\0"[..]].concat();
            match self.0.here().create_dir(Path::of_host(&with_nul)?) {
                Ok(()) | Err(Errno::Exist) => self.0.enter(name)?,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

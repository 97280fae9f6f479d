//! Where content lies: a folder, or a bucket.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use kernel::{AppError, Timestamp};
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use tokio::{
    fs,
    io::{AsyncReadExt, AsyncWriteExt},
};

use super::spool::{self, Spooled};

/// A bucket of S3 or of something that speaks like it.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    /// What each name in it begins with, a folder; nothing else of the bucket is looked at.
    pub prefix: String,
    /// Empty for that of Amazon in the region.
    pub endpoint: String,
    pub region: String,
    /// Empty for what the machine it runs on may do.
    pub key_id: String,
    pub secret: String,
    /// The bucket in the path of an address rather than in the name of the host.
    pub path_style: bool,
    pub allow_http: bool,
    /// How long it may say nothing in the middle of an answer. Long ones are good as long as they go on.
    pub patience: Duration,
}

pub struct Place {
    store: Arc<dyn ObjectStore>,
    /// Where what is stored can be read by its path.
    folder: Option<PathBuf>,
}

/// Content is sent in pieces of this size.
const PIECE: usize = 8 << 20;
/// Pieces on their way at a time.
const AT_ONCE: usize = 2;

/// Something that lies at a place.
#[derive(Clone, Debug)]
pub struct Stored {
    pub place: String,
    pub bytes: u64,
    pub since: Timestamp,
}

/// Content on its way out.
pub type Stream = BoxStream<'static, io::Result<Bytes>>;

impl Place {
    pub fn folder(folder: PathBuf) -> Result<Self, String> {
        let why = |error: &dyn std::fmt::Display| format!("the folder {} cannot be used: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(|e| why(&e))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|e| why(&e))?;
        Ok(Self { store: Arc::new(store), folder: Some(folder) })
    }

    pub fn bucket(bucket: &Bucket) -> Result<Self, String> {
        // Who waits for an upload is told soon; jobs come back later by themselves.
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
            max_retries: 3,
            retry_timeout: Duration::from_secs(20),
        };
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(3))
            .with_timeout_disabled()
            .with_read_timeout(bucket.patience)
            .with_allow_http(bucket.allow_http);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_virtual_hosted_style_request(!bucket.path_style)
            .with_retry(retry)
            .with_client_options(client);
        if !bucket.endpoint.is_empty() {
            builder = builder.with_endpoint(endpoint(bucket));
        }
        if !bucket.key_id.is_empty() {
            builder = builder.with_access_key_id(&bucket.key_id).with_secret_access_key(&bucket.secret);
        }
        let store = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { store: Arc::new(PrefixStore::new(store, bucket.prefix.as_str())), folder: None })
    }

    /// Where a file can be read without a copy.
    pub fn path(&self, place: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(place))
    }

    /// Brings a file to its place, where it appears as a whole.
    pub async fn put(&self, file: Spooled, place: &str) -> Result<(), AppError> {
        match self.path(place) {
            Some(path) => settle(file, &path).await.map_err(|e| spool::failed(&e)),
            None => upload(&*self.store, file, &Path::from(place)).await,
        }
    }

    pub async fn read(&self, place: &str) -> Result<Stream, AppError> {
        let found = self.store.get(&Path::from(place)).await.map_err(failed)?;
        Ok(found.into_stream().map_err(io::Error::from).boxed())
    }

    pub async fn copy(&self, place: &str, to: &mut Spooled) -> Result<(), AppError> {
        let mut stream = self.store.get(&Path::from(place)).await.map_err(failed)?.into_stream();
        let mut file = fs::File::create(to.path()).await.map_err(|e| spool::failed(&e))?;
        while let Some(piece) = stream.next().await {
            file.write_all(&piece.map_err(failed)?).await.map_err(|e| spool::failed(&e))?;
        }
        file.flush().await.map_err(|e| spool::failed(&e))
    }

    /// Takes content away; what is not there is no error.
    pub async fn remove(&self, place: &str) -> Result<(), AppError> {
        match self.store.delete(&Path::from(place)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Everything that lies there, and since when.
    pub fn list(&self) -> BoxStream<'static, Result<Stored, AppError>> {
        let stored = |object: ObjectMeta| Stored {
            place: object.location.to_string(),
            bytes: object.size,
            since: Timestamp::from_utc(object.last_modified),
        };
        self.store.list(None).map_ok(stored).map_err(failed).boxed()
    }
}

/// The address of the bucket where it is in the name of the host.
fn endpoint(bucket: &Bucket) -> String {
    match bucket.endpoint.split_once("://") {
        Some((scheme, host)) if !bucket.path_style => format!("{scheme}://{}.{host}", bucket.name),
        _ => bucket.endpoint.clone(),
    }
}

/// Moves a file to its place so that it outlives a failure of the power once the row that names it is there.
async fn settle(file: Spooled, place: &std::path::Path) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    spool::make_folder(folder).await?;
    fs::File::open(file.path()).await?.sync_all().await?;
    file.move_to(place).await?;
    fs::File::open(folder).await?.sync_all().await
}

async fn upload(store: &dyn ObjectStore, file: Spooled, place: &Path) -> Result<(), AppError> {
    let mut from = fs::File::open(file.path()).await.map_err(|e| spool::failed(&e))?;
    let first = piece(&mut from).await?;
    if first.len() < PIECE {
        return store.put(place, first.into()).await.map(drop).map_err(failed);
    }
    let mut upload = WriteMultipart::new_with_chunk_size(store.put_multipart(place).await.map_err(failed)?, PIECE);
    let mut next = first;
    let sent = loop {
        if next.is_empty() {
            break Ok(());
        }
        if let Err(error) = upload.wait_for_capacity(AT_ONCE).await {
            break Err(failed(error));
        }
        upload.put(next);
        next = match piece(&mut from).await {
            Ok(next) => next,
            Err(error) => break Err(error),
        };
    };
    match sent {
        Ok(()) => upload.finish().await.map(drop).map_err(failed),
        Err(error) => {
            // The pieces that arrived are no object; where even this fails, the bucket's own rules remove them.
            upload.abort().await.ok();
            Err(error)
        }
    }
}

async fn piece(from: &mut fs::File) -> Result<Bytes, AppError> {
    let mut piece = Vec::with_capacity(PIECE);
    from.take(PIECE as u64).read_to_end(&mut piece).await.map_err(|e| spool::failed(&e))?;
    Ok(piece.into())
}

/// What a person is told; the log is told more. Neither names a file other than by its hash.
fn failed(error: Error) -> AppError {
    if let Error::NotFound { .. } = error {
        tracing::error!(%error, "a file is not where it was put");
        return AppError::NotFound;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(one) = cause {
        if one.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull) {
            return AppError::StorageFull;
        }
        cause = one.source();
    }
    tracing::error!(%error, "the file storage cannot be reached");
    AppError::NoStorage
}

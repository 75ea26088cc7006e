//! `imageservice.v1.Keys`.

use imageservice_proto::v1::{self, keys_server::Keys};
use tonic::{Request, Response, Status};

use super::status::failed;
use crate::{
    ops::{Operations, Rotation},
    ports::KeyUse,
};

/// Calls about the keys of credentials.
#[derive(Clone, Debug)]
pub(super) struct KeysService(pub(super) Operations);

#[tonic::async_trait]
impl Keys for KeysService {
    async fn list(
        &self,
        _request: Request<v1::ListKeysRequest>,
    ) -> Result<Response<v1::ListKeysResponse>, Status> {
        let keys = self.0.sealing_keys().await.map_err(failed("List"))?;
        Ok(Response::new(v1::ListKeysResponse { keys: keys.into_iter().map(sealing_key).collect() }))
    }

    async fn rotate(
        &self,
        _request: Request<v1::RotateKeysRequest>,
    ) -> Result<Response<v1::RotateKeysResponse>, Status> {
        let rotation = self.0.rotate_keys().await.map_err(failed("Rotate"))?;
        Ok(Response::new(answer(rotation)))
    }
}

fn sealing_key(key: KeyUse) -> v1::SealingKey {
    v1::SealingKey {
        id: key.id.map(|id| id.to_string()).unwrap_or_default(),
        in_force: key.in_force,
        available: key.at_hand,
        credentials: number(key.records),
    }
}

fn answer(rotation: Rotation) -> v1::RotateKeysResponse {
    v1::RotateKeysResponse {
        key: rotation.key.to_string(),
        resealed: number(rotation.resealed.resealed),
        unreadable: number(rotation.resealed.unreadable),
        retired: rotation.retired.iter().map(ToString::to_string).collect(),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

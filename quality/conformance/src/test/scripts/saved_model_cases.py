"""SavedModels of single operations, of state, of control flow and of small networks, with TensorFlow's
outputs: testdata/savedmodel-operations/NAME/{saved_model,calls.npz}.

TensorFlow 2.21, Keras 3.15, NumPy 2. Usage: python saved_model_cases.py FOLDER [NAME...]

Arrays in calls.npz are named CALL|SIGNATURE|in or out|NAME. The calls belong in this order, since some
models keep state. Only cases that cover an operation are kept in testdata.
"""
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import shutil
import sys

import numpy as np
import tensorflow as tf

D = sys.argv[1]
only = sys.argv[2:]
R = np.random.RandomState(3)
r = tf.raw_ops
f32 = tf.float32
T = tf.compat.v1


def F(*s):
  return R.randn(*s).astype("f")


def I(hi, *s, t="i4"):
  return R.randint(0, hi, s).astype(t)


cases = {}


def case(name, fn, *ins, dims=None):
  cases[name] = (fn, ins, dims)


case("is_finite",lambda x:tf.math.is_finite(x/tf.maximum(x,0.)),F(3,4))
case("is_nan",lambda x:tf.math.is_nan(tf.sqrt(x)),F(3,4))
case("is_inf",lambda x:tf.math.is_inf(1./tf.maximum(x,0.)),F(3,4))
case("sigmoid_grad",lambda x,y:r.SigmoidGrad(y=x,dy=y),F(3,4),F(3,4))
case("tanh_grad",lambda x,y:r.TanhGrad(y=x,dy=y),F(3,4),F(3,4))
case("relu_grad",lambda x,y:r.ReluGrad(gradients=x,features=y),F(3,4),F(3,4))
case("sqrt_grad",lambda x,y:r.SqrtGrad(y=x,dy=y),F(3,4),F(3,4))
case("rsqrt_grad",lambda x,y:r.RsqrtGrad(y=x,dy=y),F(3,4),F(3,4))
case("xdivy",lambda x,y:tf.math.xdivy(tf.nn.relu(x),y),F(3,4),F(3,4))
case("xlogy",lambda x,y:tf.math.xlogy(tf.nn.relu(x),tf.abs(y)),F(3,4),F(3,4))
case("mul_no_nan",lambda x,y:tf.math.multiply_no_nan(x,tf.nn.relu(y)),F(3,4),F(3,4))
case("xlog1py",lambda x,y:tf.math.xlog1py(tf.nn.relu(x),tf.abs(y)),F(3,4),F(3,4))
case("truncate_div",lambda x,y:r.TruncateDiv(x=x,y=y+1),I(20,3,4)-10,I(5,3,4))
case("truncate_mod",lambda x,y:r.TruncateMod(x=x,y=y+1),I(20,3,4)-10,I(5,3,4))
case("floordiv_i",lambda x,y:x//(y+1),I(20,3,4)-10,I(5,3,4))
case("mod_neg",lambda x,y:tf.math.floormod(x,y),F(3,4),F(3,4))
case("l2loss",lambda x:tf.nn.l2_loss(x),F(3,4))
case("softmax_xent",lambda x,y:tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(y),x),F(3,4),F(3,4))
case("sparse_xent",lambda x,y:tf.nn.sparse_softmax_cross_entropy_with_logits(y,x),F(3,4),I(4,3))
case("band_open",lambda x:tf.linalg.band_part(x,1,2),F(2,4,5),dims=[[None,None,5]])
case("band_neg",lambda x:tf.linalg.band_part(x,-1,0),F(4,4))
case("bucketize",lambda x:r.Bucketize(input=x,boundaries=[-1.,0.,.5]),F(3,4))
case("bincount",lambda x:tf.math.bincount(x,minlength=6,maxlength=6),I(6,20))
case("bincount_bin",lambda x:tf.math.bincount(x,minlength=6,maxlength=6,binary_output=True,axis=-1),I(6,3,5))
case("bincount_w",lambda x,w:tf.math.bincount(x,weights=w,minlength=6,maxlength=6,axis=-1),I(6,3,5),F(3,5))
case("bitand",lambda x,y:tf.bitwise.bitwise_and(x,y),I(99,3,4),I(99,3,4))
case("bitor",lambda x,y:tf.bitwise.bitwise_or(x,y),I(99,3,4),I(99,3,4))
case("invert",lambda x:tf.bitwise.invert(x),I(99,3,4))
case("left_shift",lambda x,y:tf.bitwise.left_shift(x,y),I(99,3,4),I(5,3,4))
case("bicubic",lambda x:r.ResizeBicubic(images=x,size=[7,9],half_pixel_centers=True),F(1,4,5,3))
case("area",lambda x:r.ResizeArea(images=x,size=[2,3]),F(1,4,6,3))
case("scale_translate",lambda x:tf.image.resize(x,[5,7],method="lanczos3",antialias=True),F(1,8,9,3))
case("resize_antialias",lambda x:tf.image.resize(x,[5,7],antialias=True),F(1,8,9,3))
case("resize_gaussian",lambda x:tf.image.resize(x,[5,7],method="gaussian"),F(1,8,9,3))
case("resize_mitchell",lambda x:tf.image.resize(x,[5,7],method="mitchellcubic"),F(1,8,9,3))
case("resize_area2",lambda x:tf.image.resize(x,[5,4],method="area"),F(1,8,9,3))
case("maxpool3d",lambda x:tf.nn.max_pool3d(x,2,2,"SAME"),F(1,4,5,6,3))
case("avgpool3d",lambda x:tf.nn.avg_pool3d(x,[1,2,3,2,1],2,"VALID"),F(1,4,5,6,3))
case("avgpool3d_same",lambda x:tf.nn.avg_pool3d(x,3,2,"SAME"),F(1,4,5,6,3))
case("convt_dil",lambda x,w:r.Conv2DBackpropInput(input_sizes=[1,9,9,2],filter=w,out_backprop=x,strides=[1,1,1,1],padding="VALID",dilations=[1,2,2,1]),F(1,5,5,3),F(3,3,2,3))
case("convt_same_s2",lambda x,w:tf.nn.conv2d_transpose(x,w,[1,10,10,2],2,"SAME"),F(1,5,5,3),F(3,3,2,3))
case("gather_axis",lambda x,i:tf.gather(x,i,axis=1,batch_dims=1),F(2,5,3),I(5,2,4))
case("gather_neg",lambda x,i:tf.gather(x,i,axis=-1),F(2,5,3),I(3,4))
case("gather_batch2",lambda x,i:tf.gather(x,i,axis=2,batch_dims=2),F(2,3,5,2),I(5,2,3,4))
case("scatter_max",lambda x,i,u:tf.tensor_scatter_nd_max(x,i,u),F(5,3),np.int32([[1],[3]]),F(2,3))
case("scatter_min",lambda x,i,u:tf.tensor_scatter_nd_min(x,i,u),F(5,3),np.int32([[1],[3]]),F(2,3))
case("scatter_add_dup",lambda x,i,u:tf.tensor_scatter_nd_add(x,i,u),F(5,3),np.int32([[1],[1]]),F(2,3))
case("scatter_open",lambda x,i,u:tf.tensor_scatter_nd_update(x,i,u),F(5,3),np.int32([[1],[3]]),F(2,3),dims=[[None,3],[None,1],[None,3]])
case("cumprod",lambda x:tf.math.cumprod(x,1),F(3,4))
case("cumsum_rev",lambda x:tf.math.cumsum(x,-1,exclusive=True,reverse=True),F(3,4))
case("cumlogsumexp",lambda x:tf.math.cumulative_logsumexp(x,1),F(3,4))
case("invert_perm",lambda x:tf.math.invert_permutation(x),np.int32([2,0,1]))
case("dynamic_stitch",lambda x,y:tf.dynamic_stitch([[0,2],[1,3]],[x,y]),F(2,3),F(2,3))
case("matrix_diag_part",lambda x:tf.linalg.diag_part(x),F(2,4,4))
case("matrix_diag_k",lambda x:tf.linalg.diag(x,k=1),F(2,3))
case("matrix_set_diag",lambda x,y:tf.linalg.set_diag(x,y),F(2,3,4),F(2,3))
case("diag",lambda x:r.Diag(diagonal=x),F(4))
case("trace",lambda x:tf.linalg.trace(x),F(2,4,4))
case("diag_part",lambda x:r.DiagPart(input=x),F(4,4))
case("eye_open",lambda x:tf.eye(tf.shape(x)[0]),F(4,2),dims=[[None,2]])
for n in "Asin Acos Atan Sinh Cosh Asinh Tan Atanh Acosh Lgamma Digamma Erfinv Ndtri BesselI0e Erfc".split():
  case("u_"+n.lower(),(lambda n:lambda x:getattr(r,n)(x=tf.sigmoid(x)*.9+(1.1 if n=="Acosh" else 0)))(n),F(3,4))
case("approx_equal",lambda x,y:r.ApproximateEqual(x=x,y=y*1e-6+x,tolerance=1e-6),F(3,4),F(3,4))
case("nms3",lambda b,s:tf.image.non_max_suppression(b,s,5,.4),np.abs(F(10,4)).cumsum(-1).astype('f'),F(10))
case("nms_padded",lambda b,s:r.NonMaxSuppressionV4(boxes=b,scores=s,max_output_size=5,iou_threshold=.4,score_threshold=-9.,pad_to_max_output_size=True)[0],np.abs(F(10,4)).cumsum(-1).astype('f'),F(10))
case("crop_resize",lambda x,b:tf.image.crop_and_resize(x,tf.sigmoid(b),[0,1,0],[3,4]),F(2,6,7,3),F(3,4))
case("nchw_conv",lambda x,w:tf.nn.relu(tf.nn.conv2d(x,w,1,"SAME",data_format="NCHW")),F(1,3,8,8),F(3,3,3,4))
case("conv3d_open",lambda x,w:tf.nn.conv3d(x,w,[1,1,2,1,1],"SAME"),F(1,4,5,6,3),F(2,2,2,3,4))
case("conv3dt",lambda x,w:tf.nn.conv3d_transpose(x,w,[1,8,10,12,2],2,"SAME"),F(1,4,5,6,3),F(3,3,3,2,3))
case("conv3d_dil",lambda x,w:tf.nn.conv3d(x,w,[1]*5,"VALID",dilations=[1,1,2,1,1]),F(1,4,5,6,3),F(2,2,2,3,4))
case("lrn",lambda x:tf.nn.lrn(x,2,.5,.3,.6),F(1,3,4,6))
case("fft_stft",lambda x:tf.abs(tf.signal.stft(x,16,8)),F(2,64))
case("irfft",lambda x:tf.signal.irfft(tf.signal.rfft(x)),F(2,16))
case("rfft2d",lambda x:tf.abs(tf.signal.rfft2d(x)),F(2,8,16))
case("mfcc",lambda x:tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(tf.matmul(tf.abs(tf.signal.stft(x,256,128)),tf.signal.linear_to_mel_weight_matrix(20,129,8000))+1e-6)),F(1,2048))
case("dct",lambda x:tf.signal.dct(x),F(3,16))
case("frame",lambda x:tf.signal.frame(x,16,8,pad_end=True),F(2,60))
case("istft",lambda x:tf.signal.inverse_stft(tf.signal.stft(x,16,8),16,8),F(64))
case("frame_open",lambda x:tf.signal.frame(x,16,8),F(2,64),dims=[[2,None]])
case("complex_mul",lambda x,y:tf.abs(tf.complex(x,y)*tf.complex(y,x)),F(3,4),F(3,4))
case("angle",lambda x,y:tf.math.angle(tf.complex(x,y)),F(3,4),F(3,4))
case("conj",lambda x,y:tf.math.imag(tf.math.conj(tf.complex(x,y))),F(3,4),F(3,4))
case("unique_counts",lambda x:tf.unique(x)[0],I(4,10))
case("unique_idx",lambda x:tf.unique(x)[1],I(4,10))
case("where1",lambda x:tf.where(x>0),F(3,4))
case("boolean_mask",lambda x,m:tf.boolean_mask(x,m>0),F(4,3),F(4))
case("sort",lambda x:tf.sort(x,direction="DESCENDING"),F(3,7))
case("sort_asc",lambda x:tf.sort(x),F(3,7))
case("argsort",lambda x:tf.argsort(x),F(3,7))
case("topk_dyn",lambda x:tf.nn.top_k(x,tf.shape(x)[1]//2)[0],F(3,8))
case("in_top_k",lambda x,y:tf.math.in_top_k(y,x,2),F(3,8),I(8,3))
case("kth",lambda x:tf.math.top_k(x,3)[1],F(3,8))
case("searchsorted",lambda x,y:tf.searchsorted(tf.sort(x),y),F(8),F(5))
case("histogram",lambda x:tf.histogram_fixed_width(x,[-1.,1.],5),F(20))
case("linspace",lambda x:tf.linspace(x,x+2,5),np.float32(1.5))
case("range_dyn",lambda n:tf.range(n)*2,np.int32(5))
case("meshgrid",lambda x,y:tf.meshgrid(x,y)[0],F(3),F(4))
case("repeat",lambda x:tf.repeat(x,3,axis=1),F(2,3))
case("repeat_var",lambda x,n:tf.repeat(x,n,axis=0),F(3,2),np.int32([1,0,2]))
case("roll_dyn",lambda x,n:tf.roll(x,n,1),F(2,5),np.int32(2))
case("roll2",lambda x:tf.roll(x,[1,-2],[0,1]),F(3,5))
case("roll_open",lambda x:tf.roll(x,2,1),F(3,5),dims=[[3,None]])
case("seq_mask",lambda x:tf.sequence_mask(x,6),I(6,4))
case("seq_mask_dyn",lambda x:tf.sequence_mask(x),np.int32([2,4,1]))
case("reverse_seq",lambda x,n:tf.reverse_sequence(x,n,1,0),F(3,5,2),I(5,3))
case("one_hot_ax",lambda x:tf.one_hot(x,5,axis=1,on_value=3.,off_value=-1.),I(5,2,3))
case("one_hot_bool",lambda x:tf.one_hot(x,5,True,False),I(5,3))
case("one_hot_i64",lambda x:tf.one_hot(x,5),I(5,3,t='i8'))
case("seg_mean",lambda x:tf.math.segment_mean(x,[0,0,1]),F(3,4))
case("seg_max",lambda x:tf.math.segment_max(x,[0,0,1]),F(3,4))
case("useg_sum",lambda x,i:tf.math.unsorted_segment_sum(x,i,4),F(5,3),I(4,5))
case("useg_mean",lambda x,i:tf.math.unsorted_segment_mean(x,i,4),F(5,3),I(4,5))
case("sparse_seg",lambda x:r.SparseSegmentSum(data=x,indices=[0,2],segment_ids=[0,0]),F(3,4))
case("embed",lambda x,i:tf.nn.embedding_lookup(x,i),F(5,3),I(5,2,4))
case("bcast_grad_args",lambda x,y:r.BroadcastGradientArgs(s0=tf.shape(x),s1=tf.shape(y))[1],F(3,4),F(1,4))
case("bcast_dyn",lambda x,s:tf.broadcast_to(x,s),F(3,1),np.int32([2,3,4]))
case("bcast_args",lambda a,b:tf.broadcast_dynamic_shape(a,b),np.int32([3,1]),np.int32([1,4]))
case("gelu",lambda x:tf.nn.gelu(x),F(3,4))
case("gelu_t",lambda x:tf.nn.gelu(x,approximate=True),F(3,4))
case("swish",lambda x:tf.nn.silu(x),F(3,4))
case("hswish",lambda x:x*tf.nn.relu6(x+3)/6,F(3,4))
case("crelu",lambda x:tf.nn.crelu(x),F(3,4))
case("relu1",lambda x:tf.minimum(tf.maximum(x,-1.),1.),F(3,4))
case("prelu",lambda x,a:tf.nn.relu(x)-a*tf.nn.relu(-x),F(2,3,4),F(4))
case("l2norm",lambda x:tf.nn.l2_normalize(x,-1),F(3,4))
case("moments",lambda x:tf.nn.moments(x,[0,1])[1],F(3,4,2))
case("fbn_train",lambda x:r.FusedBatchNormV3(x=x,scale=[1.,2.],offset=[0.,1.],mean=[0.,0.],variance=[1.,1.],is_training=True)[0],F(2,3,4,2))
case("fbn_nchw",lambda x:r.FusedBatchNormV3(x=x,scale=[1.,2.],offset=[0.,1.],mean=[.5,0.],variance=[1.,2.],is_training=False,data_format="NCHW")[0],F(2,2,3,4))
case("logsumexp",lambda x:tf.reduce_logsumexp(x,1),F(3,4))
case("norm",lambda x:tf.norm(x,axis=1),F(3,4))
case("std",lambda x:tf.math.reduce_std(x,1),F(3,4))
case("euclid",lambda x:tf.math.reduce_euclidean_norm(x,1),F(3,4))
case("count_nz",lambda x:tf.math.count_nonzero(tf.nn.relu(x),1),F(3,4))
case("all_axes",lambda x:tf.reduce_sum(x),F(3,4))
case("empty_axes",lambda x:tf.reduce_sum(x,[]),F(3,4))
case("red_i64",lambda x:tf.reduce_max(x,tf.constant([0],tf.int64)),F(3,4))
case("prod",lambda x:tf.reduce_prod(x,0),F(3,4))
case("argmax_i32",lambda x:tf.argmax(x,0,tf.int32),F(3,4))
case("any_keep",lambda x:tf.reduce_any(x>0,1,keepdims=True),F(3,4))
case("pool_explicit",lambda x:tf.nn.max_pool2d(x,2,2,[[0,0],[1,0],[0,1],[0,0]]),F(1,5,6,2))
case("conv_explicit",lambda x,w:tf.nn.conv2d(x,w,2,[[0,0],[1,0],[0,2],[0,0]]),F(1,7,6,2),F(3,3,2,3))
case("conv_group",lambda x,w:tf.nn.conv2d(x,w,1,"SAME"),F(1,7,6,4),F(3,3,2,6))
case("conv1d",lambda x,w:tf.nn.conv1d(x,w,1,"SAME",dilations=2),F(1,9,4),F(3,4,6))
case("atrous",lambda x,w:tf.nn.atrous_conv2d(x,w,2,"SAME"),F(1,9,8,4),F(3,3,4,6))
case("dw_rect",lambda x,w:tf.nn.depthwise_conv2d(x,w,[1,2,2,1],"SAME"),F(1,9,8,3),F(3,3,3,2))
case("sep",lambda x,w,p:tf.nn.separable_conv2d(x,w,p,[1,1,1,1],"VALID"),F(1,9,8,3),F(3,3,3,2),F(1,1,6,4))
case("dilation2d",lambda x,w:r.Dilation2D(input=x,filter=w,strides=[1]*4,rates=[1]*4,padding="SAME"),F(1,6,5,3),F(3,3,3))
case("maxpool_argmax",lambda x:tf.nn.max_pool_with_argmax(x,2,2,"SAME")[0],F(1,4,4,2))
case("pool_nchw",lambda x:tf.nn.avg_pool(x,[1,1,2,2],[1,1,2,2],"SAME",data_format="NCHW"),F(1,3,6,6))
case("maxpoolv2",lambda x:r.MaxPoolV2(input=x,ksize=[1,2,2,1],strides=[1,2,2,1],padding="SAME"),F(1,5,6,2))
case("d2s_nchw",lambda x:tf.nn.depth_to_space(x,2,data_format="NCHW") if 0 else tf.nn.depth_to_space(x,2),F(1,3,3,8))
case("mm_int",lambda x,y:tf.matmul(x,y),I(9,2,3),I(9,3,4))
case("mm_b",lambda x,y:tf.matmul(x,y,transpose_a=True,transpose_b=True),F(5,3,2),F(5,4,3))
case("einsum",lambda x,y:tf.einsum("bij,bjk->bik",x,y),F(2,3,4),F(2,4,5))
case("tensordot",lambda x,y:tf.tensordot(x,y,[[1],[0]]),F(2,3,4),F(3,5))
case("cross",lambda x,y:tf.linalg.cross(x,y),F(2,3),F(2,3))
case("matvec",lambda x,y:tf.linalg.matvec(x,y),F(2,3),F(3))
case("inv",lambda x:tf.linalg.inv(x),F(3,3))
case("det",lambda x:tf.linalg.det(x),F(3,3))
case("mm_b3",lambda x,y:r.BatchMatMulV3(x=x,y=y,Tout=tf.float32),F(2,3,4),F(2,4,5))
case("s_slice_dyn",lambda x,n:x[:,n:n+2],F(3,6),np.int32(2))
case("s_slice_neg",lambda x:x[::-1,...,1:-1],F(3,4,6))
case("slice_new",lambda x:x[:,None,1,...],F(3,4,6))
case("slice_m1",lambda x:tf.slice(x,[0,1],[-1,2]),F(3,4))
case("split_v",lambda x:tf.split(x,[1,2,-1],1)[2],F(3,6))
case("unstack",lambda x:tf.unstack(x,axis=1)[1],F(3,4))
case("concat_dyn",lambda x:tf.concat([x,x],-1),F(3,4))
case("tile_dyn",lambda x,n:tf.tile(x,n),F(2,3),np.int32([2,1]))
case("pad_sym",lambda x:tf.pad(x,[[1,1],[2,0]],"SYMMETRIC"),F(3,4))
case("pad_ref",lambda x:tf.pad(x,[[1,1],[2,0]],"REFLECT"),F(3,4))
case("pad_c",lambda x:tf.pad(x,[[1,1],[2,0]],constant_values=3.),F(3,4))
case("s2b",lambda x:tf.space_to_batch(x,[2,2],[[0,0],[0,1]]) ,F(1,4,5,2))
case("parallel_stack",lambda x,y:r.ParallelConcat(values=[x[None],y[None]],shape=[2,3]),F(3),F(3))
case("transpose_dyn",lambda x,p:tf.transpose(x,p),F(2,3,4),np.int32([2,0,1]))
case("squeeze_all",lambda x:tf.squeeze(x),F(1,3,1))
case("expand64",lambda x:tf.expand_dims(x,tf.constant(1,tf.int64)),F(3,4))
case("size64",lambda x:tf.size(x,tf.int64),F(3,4))
case("shape64",lambda x:tf.shape(x,tf.int64),F(3,4))
case("rank",lambda x:tf.rank(x),F(3,4))
case("fill_dyn",lambda s:tf.fill(s,2.5),np.int32([2,3]))
case("ones_like_i",lambda x:tf.ones_like(x),I(5,3))
case("zeros_bool",lambda x:tf.zeros_like(x>0),F(3))
case("select_b",lambda c,x,y:tf.where(c>0,x,y),F(3,1),F(3,4),F(4))
case("select_v1",lambda c,x,y:r.Select(condition=c>0,x=x,y=y),F(3),F(3,4),F(3,4))
case("clip",lambda x:tf.clip_by_value(x,-.5,.5),F(3,4))
case("cast_u8",lambda x:tf.cast(tf.cast(tf.abs(x)*50,tf.uint8),tf.float32),F(3,4))
case("cast_f16",lambda x:tf.cast(tf.cast(x,tf.float16),tf.float32),F(3,4))
case("cast_f64",lambda x:tf.cast(tf.cast(x,tf.float64)*2,tf.float32),F(3,4))
case("saturate",lambda x:tf.saturate_cast(x*200,tf.uint8),F(3,4))
case("round_half",lambda x:tf.round(x),np.float32([.5,1.5,2.5,-.5]))
case("sign_i",lambda x:tf.sign(x),I(5,4)-2)
case("neg_i64",lambda x:-x,I(5,4,t='i8'))
case("abs_i",lambda x:tf.abs(x),I(9,4)-4)
case("pow_i",lambda x,y:x**y,I(4,3),I(4,3))
case("minmax_i64",lambda x,y:tf.maximum(x,y),I(4,3,t='i8'),I(4,3,t='i8'))
case("square_i",lambda x:tf.square(x),I(4,3))
case("sqdiff",lambda x,y:tf.math.squared_difference(x,y),F(3,4),F(4))
case("ne",lambda x,y:tf.not_equal(x,y),I(3,5),I(3,5))
case("logical_xor",lambda x,y:tf.math.logical_xor(x>0,y>0),F(3,4),F(3,4))
case("lerp",lambda x,y:x+(y-x)*.3,F(3),F(3))
case("next_after",lambda x,y:tf.math.nextafter(x,y),F(3),F(3))
case("igamma",lambda x,y:tf.math.igamma(tf.abs(x),tf.abs(y)),F(3),F(3))
case("polyval",lambda x:tf.math.polyval([1.,2.,x],2.),np.float32(3))
case("rand_u",lambda x:x*0+tf.reduce_mean(tf.random.uniform([3])),F(2))
case("space_to_depth",lambda x:tf.nn.space_to_depth(x,2),F(1,4,4,2))
case("extract_patches",lambda x:tf.image.extract_patches(x,[1,2,2,1],[1,2,2,1],[1,1,1,1],"VALID"),F(1,4,6,2))
case("rgb_hsv",lambda x:tf.image.rgb_to_hsv(tf.sigmoid(x)),F(1,2,2,3))
case("gray",lambda x:tf.image.rgb_to_grayscale(x),F(1,2,2,3))
case("adjust_contrast",lambda x:tf.image.adjust_contrast(x,1.5),F(1,4,4,3))
case("per_image_std",lambda x:tf.image.per_image_standardization(x),F(1,4,4,3))
case("flip",lambda x:tf.image.flip_left_right(x),F(1,4,4,3))
case("rot90",lambda x:tf.image.rot90(x),F(1,4,5,3))
case("central_crop",lambda x:tf.image.central_crop(x,.5),F(1,8,8,3))
case("resize_pad",lambda x:tf.image.resize_with_pad(x,8,8),F(1,4,6,3))
case("total_var",lambda x:tf.image.total_variation(x),F(1,4,4,3))
case("ssim",lambda x,y:tf.image.ssim(tf.sigmoid(x),tf.sigmoid(y),1.),F(1,16,16,1),F(1,16,16,1))
case("sobel",lambda x:tf.image.sobel_edges(x),F(1,6,6,2))
case("yuv",lambda x:tf.image.rgb_to_yuv(x),F(1,2,2,3))
case("map_fn",lambda x:tf.map_fn(lambda v:v*2+1,x),F(4,3))
case("scan",lambda x:tf.scan(lambda a,v:a+v,x),F(4,3))
case("foldl",lambda x:tf.foldl(lambda a,v:a*.5+v,x),F(4,3))
case("vectorized",lambda x:tf.vectorized_map(lambda v:v*2+tf.reduce_sum(v),x),F(4,3))


case("cond_auto",lambda x:tf.cond(tf.reduce_sum(x)>0,lambda:x,lambda:-x),F(4))
case("ensure_shape",lambda x:tf.ensure_shape(x,[3]),F(3))
case("assert",lambda x:(tf.debugging.assert_greater(tf.reduce_sum(x),-99.),x+1)[1],F(3))
case("print",lambda x:(tf.print(x),x+1)[1],F(3))
case("grad",lambda x:tf.gradients(tf.reduce_sum(tf.sigmoid(x)*x),x)[0],F(3))
case("string_len",lambda x:tf.cast(tf.size(x),f32)+1.,F(3))
case("as_string",lambda x:tf.strings.to_number(tf.strings.as_string(x)),I(5,3))
case("ragged",lambda x:tf.RaggedTensor.from_row_lengths(x,[2,0,1]).to_tensor(),F(3))
case("quantize_dq",lambda x:tf.quantization.quantize_and_dequantize_v2(x,-1.,1.,range_given=True),F(3,4))
case("fake_pc",lambda x:tf.quantization.fake_quant_with_min_max_vars_per_channel(x,[-1.,-2.],[1.,2.]),F(3,2))
case("fake",lambda x:tf.quantization.fake_quant_with_min_max_args(x,-1.,1.),F(3,2))
case("fake_vars",lambda x:tf.quantization.fake_quant_with_min_max_vars(x,-1.,1.,num_bits=4),F(3,2))

w1,w2,w3=F(3,3,3,8)*.3,F(3,3,8,8)*.2,F(1,1,8,4)
b1=F(8)
def net(x):
  y=tf.nn.bias_add(tf.nn.conv2d(x,w1,2,"SAME",data_format="NCHW"),b1,data_format="NCHW")
  y=tf.nn.relu(y)
  y=r.FusedBatchNormV3(x=y,scale=np.abs(b1),offset=b1,mean=b1*.1,variance=np.abs(b1)+.5,is_training=False,data_format="NCHW")[0]
  z=tf.nn.relu(tf.nn.conv2d(y,w2,1,"SAME",data_format="NCHW"))
  y=y+z
  y=tf.pad(y,[[0,0],[0,0],[1,1],[1,1]])
  y=tf.nn.max_pool2d(y,3,2,"VALID",data_format="NCHW")
  y=tf.concat([y,tf.nn.avg_pool2d(y,3,1,"SAME",data_format="NCHW")],1)
  y=tf.reduce_mean(y,[2,3])
  return tf.matmul(y,np.concatenate([w3[0,0],w3[0,0]]))
case("nchw_net",net,F(1,3,16,16))
def bertish(x):
  def ln(x): 
    m,v=tf.nn.moments(x,-1,keepdims=True)
    return (x-m)*tf.math.rsqrt(v+1e-6)
  for l in range(2):
    q,k,v=[tf.reshape(tf.tensordot(x,F(32,32)*.2,1)+F(32),[-1,12,4,8]) for _ in range(3)]
    a=tf.nn.softmax(tf.einsum("BTNH,BSNH->BNTS",q,k)*.35)
    y=tf.reshape(tf.einsum("BNTS,BSNH->BTNH",a,v),[-1,12,32])
    x=ln(x+y)
    h=tf.tensordot(x,F(32,64)*.2,1)+F(64)
    h=tf.nn.gelu(h,approximate=l==1)
    x=ln(x+tf.tensordot(h,F(64,32)*.2,1))
  return x
case("bertish",bertish,F(2,12,32),dims=[[None,12,32]])

def pool_with_places(x):
  y, at = tf.nn.max_pool_with_argmax(x, [2, 3], [2, 1], "SAME", output_dtype=tf.int32, include_batch_in_index=True)
  return y + tf.cast(at, tf.float32)


case("pool_with_places", pool_with_places, F(2, 5, 6, 3))

os.makedirs(D, exist_ok=True)
for name, (fn, ins, dims) in cases.items():
  if only and name not in only:
    continue
  path = f"{D}/{name}"
  shutil.rmtree(path, ignore_errors=True)
  specs = [
      tf.TensorSpec(dims[i] if dims else a.shape, a.dtype, name=f"x{i}")
      for i, a in enumerate(map(np.asarray, ins))
  ]
  names = ",".join(f"x{i}" for i in range(len(ins)))
  function = eval(f"lambda {names}: dict(y=FN({names}))", {"FN": fn})
  m = tf.Module()
  m.f = tf.function(function, input_signature=specs, autograph=False)
  tf.saved_model.save(m, path + "/saved_model", signatures={"serving_default": m.f})
  loaded = tf.saved_model.load(path + "/saved_model").signatures["serving_default"]
  keys = sorted(loaded.structured_input_signature[1])
  outs = loaded(**{k: tf.constant(a) for k, a in zip(keys, ins)})
  np.savez(
      path + "/calls.npz",
      **{f"00|serving_default|in|{k}": np.asarray(a) for k, a in zip(keys, ins)},
      **{f"00|serving_default|out|{k}": v.numpy() for k, v in outs.items()},
  )

# Models with state or with several functions.


def save_network(name, m, f, specs, ins):
  save(name, with_function(m, f, specs), {"serving_default": m.f},
       [("serving_default", {s.name: i for s, i in zip(specs, ins)})])


def with_function(m, f, specs):
  m.f = tf.function(f, input_signature=specs, autograph=False)
  return m


def save(name, mod, sigs, calls):
  """calls: list of (sig, dict) run in order -> calls.npz"""
  if only and name not in only: return
  p=f"{D}/{name}"; shutil.rmtree(p, ignore_errors=True)
  tf.saved_model.save(mod, p+"/saved_model", signatures=sigs)
  m=tf.saved_model.load(p+"/saved_model")
  fill(p, lambda s,i: {k:v.numpy() for k,v in m.signatures[s](**{k:tf.constant(v) for k,v in i.items()}).items()}, calls)
def fill(p, run, calls):
  a={}
  for n,(s,i) in enumerate(calls):
    for k,v in i.items(): a[f"{n:02d}|{s}|in|{k}"]=np.asarray(v)
    o=run(s,i)
    for k,v in o.items(): a[f"{n:02d}|{s}|out|{k}"]=np.asarray(v)
  np.savez(p+"/calls.npz", **a)

def audio():
  m=tf.Module()
  mel=tf.signal.linear_to_mel_weight_matrix(64,257,16000,125,7500)
  w=[tf.Variable(F(3,3,1,16)*.3),tf.Variable(F(3,3,16,32)*.1),tf.Variable(F(32,10))]
  m.w=w
  def f(x):
    s=tf.abs(tf.signal.stft(x,400,160,512))
    l=tf.math.log(tf.matmul(s,mel)+1e-3)
    y=l[None,...,None]
    for k in w[:2]: y=tf.nn.relu(tf.nn.conv2d(y,k,2,"SAME"))
    return {"y":tf.nn.softmax(tf.reduce_mean(y,[1,2])@w[2]),"mel":l}
  save_network("audio",m,f,[tf.TensorSpec([None],tf.float32,"x")],[F(16000)])


def detect():
  m=tf.Module()
  m.w=tf.Variable(F(3,3,3,24)*.2)
  m.b=tf.Variable(F(1,1,24,4))
  m.c=tf.Variable(F(1,1,24,5))
  def f(x):
    y=tf.nn.relu(tf.nn.conv2d(x,m.w,4,"SAME"))
    box=tf.reshape(tf.nn.conv2d(y,m.b,1,"SAME"),[-1,4])
    cls=tf.reshape(tf.nn.conv2d(y,m.c,1,"SAME"),[-1,5])
    n=tf.shape(box)[0]
    yx=tf.cast(tf.stack(tf.meshgrid(tf.range(16),tf.range(16),indexing="ij"),-1),tf.float32)
    ctr=tf.reshape(yx,[-1,2])/16.
    c=ctr+box[:,:2]*.05
    hw=tf.exp(box[:,2:]*.1)*.1
    boxes=tf.concat([c-hw/2,c+hw/2],-1)
    boxes=tf.clip_by_value(boxes,0.,1.)
    sc=tf.reduce_max(tf.sigmoid(cls),-1)
    lab=tf.argmax(cls,-1)
    sel=tf.image.non_max_suppression(boxes,sc,10,.3,.2)
    k=tf.nn.top_k(sc,5)
    return {"boxes":tf.gather(boxes,sel),"labels":tf.gather(lab,sel),"top":tf.gather(boxes,k.indices),"scores":k.values}
  save_network("detect",m,f,[tf.TensorSpec([1,64,64,3],tf.float32,"x")],[F(1,64,64,3)])


audio()
detect()

class Counter(tf.Module):
  def __init__(self): self.total=tf.Variable(0.0); self.n=tf.Variable(3,dtype=tf.int32)
  @tf.function(input_signature=[tf.TensorSpec([],f32,name="x")])
  def add(self,x): self.total.assign_add(x); self.n.assign_add(1); return {"total":self.total.read_value()}
  @tf.function(input_signature=[tf.TensorSpec([],f32,name="x")])
  def reset(self,x): 
    old=self.total.read_value(); self.total.assign(x); return {"old":old, "n":self.n.read_value()}
c=Counter()
save("counter", c, {"add":c.add,"reset":c.reset}, [("add",{"x":np.float32(2.5)}),("add",{"x":np.float32(1)}),("reset",{"x":np.float32(7)}),("add",{"x":np.float32(.5)}),("reset",{"x":np.float32(0)})])
class Ring(tf.Module):
  def __init__(self): self.buf=tf.Variable(np.zeros((4,3),np.float32)); self.pos=tf.Variable(0)
  @tf.function(input_signature=[tf.TensorSpec([3],f32,name="x")])
  def push(self,x):
    self.buf.scatter_nd_update(tf.reshape(self.pos,[1,1]), x[None]); self.pos.assign((self.pos+1)%4); return {"mean":tf.reduce_mean(self.buf,0),"buf":self.buf.value()}
c=Ring()
r=np.random.RandomState(1); save("ring", c, {"serving_default":c.push}, [("serving_default",{"x":r.randn(3).astype('f')}) for _ in range(6)])
class Loop(tf.Module):
  def __init__(self): self.v=tf.Variable(1.0)
  @tf.function(input_signature=[tf.TensorSpec([],tf.int32,name="n")])
  def f(self,n):
    for i in tf.range(n): 
      self.v.assign(self.v*2.0)
      if self.v>20.0: self.v.assign_sub(19.0)
    return {"v":self.v.read_value()}
c=Loop()
save("loopvar", c, {"serving_default":c.f}, [("serving_default",{"n":np.int32(k)}) for k in (3,0,5,2)])
class Case(tf.Module):
  @tf.function(input_signature=[tf.TensorSpec([],tf.int32,name="i"),tf.TensorSpec([3],f32,name="x")])
  def f(self,i,x): return {"y":tf.switch_case(i,[lambda:x+1,lambda:x*2,lambda:tf.reverse(x,[0])],default=lambda:x*0)}
c=Case()
save("case", c, {"serving_default":c.f}, [("serving_default",{"i":np.int32(k),"x":np.float32([1,2,4])}) for k in (0,1,2,3,-1,9)])
class Side(tf.Module):
  def __init__(self): self.v=tf.Variable([1.,2.]); self.w=tf.Variable([5.,5.])
  @tf.function(input_signature=[tf.TensorSpec([2],tf.float32)])
  def bump(self,x): self.v.assign_add(x); tf.debugging.assert_less(x,100.)
  @tf.function(input_signature=[tf.TensorSpec([2],f32,name="x")])
  def f(self,x):
    y=self.v*self.w; self.bump(x); return {"y":y,"z":self.v+0.}
c=Side()
save("side", c, {"serving_default":c.f}, [("serving_default",{"x":np.float32([k,2*k])}) for k in (1,2,3)])
# TensorFlow 1.
def v1(name, build, calls, v2=False):
  if only and name not in only: return
  p=f"{D}/{name}"; shutil.rmtree(p, ignore_errors=True)
  g=tf.Graph()
  with g.as_default():
    (tf.compat.v1.enable_control_flow_v2 if v2 else tf.compat.v1.disable_control_flow_v2)()
    ins,outs=build()
    with tf.compat.v1.Session(graph=g) as s:
      s.run(tf.compat.v1.global_variables_initializer())
      tf.compat.v1.saved_model.simple_save(s,p+"/saved_model",ins,outs)
  g2=tf.Graph()
  with g2.as_default(), tf.compat.v1.Session(graph=g2) as s:
    tf.compat.v1.saved_model.load(s,["serve"],p+"/saved_model")
    fill(p, lambda k,i: s.run({n:o.name for n,o in outs.items()}, {ins[n].name:v for n,v in i.items()}), [("serving_default",i) for i in calls])
def b():
  x=T.placeholder(f32,[3],name="x"); n=T.placeholder(tf.int32,[],name="n")
  w=T.get_variable("w",initializer=np.float32([2,3,4]),use_resource=False)
  i,y=T.while_loop(lambda i,y: i<n, lambda i,y:(i+1,y*w+x),[0,x]); return {"x":x,"n":n},{"y":y,"i":i}
v1("v1_while",b,[{"x":np.float32([1,2,3]),"n":np.int32(k)} for k in (0,1,3)])
def b():
  x=T.placeholder(f32,[3],name="x")
  s=T.reduce_sum(x)
  y=T.cond(s>3.,lambda:x*2.,lambda:T.constant([1.,1.,1.])); z=T.cond(s>5.,lambda:(y+1,s),lambda:(y-x,T.constant(9.)))
  return {"x":x},{"y":y,"z":z[0],"q":z[1]}
v1("v1_cond",b,[{"x":np.float32([1,1,k])} for k in (0,2,9)])
def b():
  x=T.placeholder(f32,[3],name="x"); 
  def inner(s): return T.cond(s>8.,lambda:x*8.,lambda:x-1.)
  s=T.reduce_sum(x); y=T.cond(s>3.,lambda:inner(s)+1.,lambda:x*0.+s)
  return {"x":x},{"y":y}
v1("v1_nested_cond",b,[{"x":np.float32([1,1,k])} for k in (0,2,9)])
def b():
  x=T.placeholder(f32,[2],name="x"); n=T.placeholder(tf.int32,[],name="n")
  def outer(i,y):
    j,z=T.while_loop(lambda j,z:j<i,lambda j,z:(j+1,z+x),[0,y])
    z=T.cond(T.equal(i%2,0),lambda:z*2.,lambda:z-1.)
    return i+1,z
  i,y=T.while_loop(lambda i,y:i<n,outer,[0,x]); return {"x":x,"n":n},{"y":y}
v1("v1_nested_loops",b,[{"x":np.float32([1,2]),"n":np.int32(k)} for k in (0,1,2,4)])
def b():
  x=T.placeholder(f32,[],name="x"); v=T.get_variable("v",initializer=np.float32(1),use_resource=False)
  a=T.assign_add(v,x)
  with T.control_dependencies([a]): y=v.read_value()*10.
  return {"x":x},{"y":y}
v1("v1_assign",b,[{"x":np.float32(k)} for k in (0,1,2)])
def b():
  x=T.placeholder(f32,[],name="x"); v=T.get_variable("v",initializer=np.float32(1),use_resource=True)
  a=T.assign_add(v,x)
  return {"x":x},{"y":tf.identity(a)}
v1("v1_assign_resource",b,[{"x":np.float32(k)} for k in (0,1,2)])
def b():
  x=T.placeholder(f32,[2,5,3],name="x"); cell=T.nn.rnn_cell.BasicLSTMCell(4) if hasattr(T.nn,'rnn_cell') else None
  o,st=T.nn.dynamic_rnn(cell,x,dtype=f32); return {"x":x},{"o":o,"h":st.h}
try: v1("v1_dynamic_rnn",b,[{"x":np.random.RandomState(0).randn(2,5,3).astype('f')}])
except Exception as e: print("rnn",repr(e)[:200])
def b():
  x=T.placeholder(f32,[4,3],name="x")
  ta=tf.TensorArray(f32,size=4,element_shape=[3],clear_after_read=False).unstack(x) ; out=tf.TensorArray(f32,size=4,element_shape=[3])
  i,o,s=T.while_loop(lambda i,o,s:i<4, lambda i,o,s:(i+1,o.write(i,ta.read(i)+s),s+ta.read(i)),[0,out,T.zeros([3])])
  return {"x":x},{"y":o.stack(),"s":s}
v1("v1_tensor_array",b,[{"x":np.random.RandomState(0).randn(4,3).astype('f')}])

# testdata/savedmodel/unknown_operations: two operations without a lowering.
m = tf.Module()
with_function(
    m,
    lambda x: {"y": tf.math.betainc(tf.math.igamma(tf.nn.relu(x), x), tf.nn.relu(x), x)},
    [tf.TensorSpec([3], f32, "x")],
)
tf.saved_model.save(m, f"{D}/unknown_operations/saved_model", signatures={"serving_default": m.f})
